/** A port of a native app on loopback (RFC 8252 7.3): http, an IP address (not a name), and a plain path only. */
const loopback =
  /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/;
/** What Pomerium clients may use: any loopback host, including `localhost`, and https. */
const pomeriumLoopback =
  /^https?:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/;

/** Instead of a URL: the page shows the code, and the user pastes it (early OAuth libraries call this out of band). */
export const pasteRedirect = 'urn:ietf:wg:oauth:2.0:oob';

function isPlain(uri: string, form: RegExp): boolean {
  const match = uri.length <= 1024 ? form.exec(uri) : null;
  if (match === null || Number(match[1] ?? 1) > 65_535) return false;
  // A browser must parse it to exactly what we read: no dot segments that disappear.
  const { protocol, host, port, pathname } = new URL(uri);
  const rest = uri.slice(`${protocol}//`.length);
  const read = match[1] !== undefined && port === '' ? `${host}:${match[1]}` : host;
  return rest === `${read}${pathname}` || rest === read;
}

/** Reports whether a code may be sent to this URI: loopback with any port, or exactly one of `login.redirects`. */
export function isAllowedRedirect(uri: string, listed: readonly string[]): boolean {
  return listed.includes(uri) || isPlain(uri, loopback);
}

/** Reports whether a Pomerium token may be sent to this URI: a loopback host, or exactly one of `login.redirects`. */
export function isAllowedPomeriumRedirect(uri: string, listed: readonly string[]): boolean {
  return listed.includes(uri) || isPlain(uri, pomeriumLoopback);
}

/** Adds response parameters to a redirect URI as its query. */
export function redirectWith(uri: string, params: Record<string, string>): string {
  return `${uri}?${new URLSearchParams(params).toString()}`;
}

export const defaultReturnPath = '/.sallyport/me';

const ownPage = /^(?:\/|\/\.sallyport(?:\/[A-Za-z0-9_-]+)+)$/;
/** The state of the console is in its query, as a browser escapes it. */
const consoleView = /^\/console(?:\/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9._~%&=+*-]+)?$/;

/**
 * Reports whether a browser may return to this path after its login: the page at `/`, a plain path of our own pages
 * without a query, or a view of the console.
 */
export function isAllowedReturnPath(path: string): boolean {
  return (path.length <= 256 && ownPage.test(path)) || (path.length <= 1024 && consoleView.test(path));
}
