/**
 * A native app's own port on loopback (RFC 8252 7.3): http, an address and never a name, a plain path, nothing after
 * it.
 */
const loopback =
  /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/;
/** What Pomerium's clients may name: any loopback host, also by its name, and https. */
const pomeriumLoopback =
  /^https?:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/;

/**
 * In place of an address: the code is shown, and a person carries it back (in the words of early OAuth libraries, out
 * of band).
 */
export const pasteRedirect = 'urn:ietf:wg:oauth:2.0:oob';

function isPlain(uri: string, form: RegExp): boolean {
  const match = uri.length <= 1024 ? form.exec(uri) : null;
  if (match === null || Number(match[1] ?? 1) > 65_535) return false;
  // What a browser would make of it must be what we read: no dot segments that vanish.
  const { protocol, host, port, pathname } = new URL(uri);
  const rest = uri.slice(`${protocol}//`.length);
  const read = match[1] !== undefined && port === '' ? `${host}:${match[1]}` : host;
  return rest === `${read}${pathname}` || rest === read;
}

/** True if a code may be sent there: loopback with any port, or exactly one of `login.redirects`. */
export function isAllowedRedirect(uri: string, listed: readonly string[]): boolean {
  return listed.includes(uri) || isPlain(uri, loopback);
}

/** True if a token may be sent there in Pomerium's way: a loopback host, or exactly one of `login.redirects`. */
export function isAllowedPomeriumRedirect(uri: string, listed: readonly string[]): boolean {
  return listed.includes(uri) || isPlain(uri, pomeriumLoopback);
}

/** The redirect with the answer in its query. */
export function redirectWith(uri: string, answer: Record<string, string>): string {
  return `${uri}?${new URLSearchParams(answer).toString()}`;
}
