/** A native app's own port on loopback (RFC 8252 7.3): http, an address and never a name, a plain path, nothing after it. */
const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/;

/** True if a code may be sent there: loopback with any port, or exactly one of `login.redirects`. */
export function isAllowedRedirect(uri: string, listed: readonly string[]): boolean {
  if (listed.includes(uri)) return true;
  const match = uri.length <= 1024 ? loopback.exec(uri) : null;
  if (match === null || Number(match[1]) > 65_535) return false;
  // What a browser would make of it must be what we read: no dot segments that vanish.
  const { host, pathname } = new URL(uri);
  const rest = uri.slice('http://'.length);
  return rest === `${host}${pathname}` || rest === host || (match[1] === '80' && rest === `${host}:80${pathname}`);
}

/** The redirect with the answer in its query. */
export function redirectWith(uri: string, answer: Record<string, string>): string {
  return `${uri}?${new URLSearchParams(answer).toString()}`;
}
