/** A name or an address, with an optional port (RFC 9110, 7.2). Of a list, some readers take the first, some the last. */
const hostForm = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Returns the host of a request from its raw header lines. All parts of the gateway use this reading. Empty without a
 * host. Undefined for what could be read in two ways: several lines, whatever they contain, or a value that is not a
 * host. Node's joined headers would keep the first of several lines.
 */
export function readHost(raw: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return undefined;
    host = raw[index + 1]!;
  }
  if (host === undefined || host === '') return '';
  return hostForm.test(host) ? host : undefined;
}
