/**
 * One directive of Cache-Control (RFC 9111, 5.2) with the comma behind it; an argument may be quoted, commas and all.
 */
const directive =
  /[\t ,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(=(?:"(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9A-Za-z-]+))?[\t ]*(?:,[\t ,]*|$)/y;

/**
 * What lets a shared cache keep an answer, or speaks to such caches only; `private` is added anew, without the names
 * that would narrow it.
 */
const forShared = new Set(['public', 's-maxage', 'proxy-revalidate', 'private']);

/** What API servers say of nearly every answer. */
const usual = 'no-cache, private';

/**
 * Cache-Control as it goes to the client: an answer is for the one person who asked, so that no shared cache between
 * them and the gateway may keep it, whatever the cluster says. Where the value cannot be read, that is all that is left
 * of it. How long the person's own program keeps it is still the cluster's to say.
 */
export function privateCaching(value: string | undefined): string {
  if (value === undefined || value === usual) return value ?? 'private';
  let kept = '';
  directive.lastIndex = 0;
  while (directive.lastIndex < value.length) {
    const match = directive.exec(value);
    if (!match) return 'private';
    if (!forShared.has(match[1]!.toLowerCase())) kept += `${match[1]!}${match[2] ?? ''}, `;
  }
  return kept === 'no-cache, ' ? usual : `${kept}private`;
}
