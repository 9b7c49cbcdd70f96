/**
 * Reports whether a request carries a credential in one of Pomerium's ways, valid or not. Takes header lines as Node has
 * them: name, value, name, value.
 */
export function carriesPomerium(raw: readonly string[]): boolean {
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (name === 'x-pomerium-authorization') return true;
    if (name === 'authorization' && /^(?:bearer +pomerium-|pomerium )/i.test(raw[index + 1]!)) return true;
  }
  return false;
}
