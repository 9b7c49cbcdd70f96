/** One directive of Cache-Control (RFC 9111, 5.2) with the comma after it. A quoted argument may contain commas. */
const directive =
  /[\t ,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(=(?:"(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9A-Za-z-]+))?[\t ]*(?:,[\t ,]*|$)/y;

/**
 * Directives that let a shared cache store a response, or that are only for such caches. `private` is added again without
 * the field names that would narrow it.
 */
const forShared = new Set(['public', 's-maxage', 'proxy-revalidate', 'private']);

/** The value that API servers send with nearly every response. */
const usual = 'no-cache, private';

/**
 * Returns Cache-Control as it goes to the client. A response is for the one user who asked, so that no shared cache
 * between the user and the gateway may store it, whatever the cluster sends. For how long the user's own program caches
 * it is still up to the cluster. A value that cannot be parsed becomes `private`.
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
