/** The cookies of the gateway on the host of a web application. */
export type WebCookies = {
  /** The session of the route. */
  session: string;
  /** The secret of the browser that began a login. */
  begin: string;
  /** Where a browser returns to after its login, one for each tab. */
  returnPrefix: string;
  /** Returns a Set-Cookie line. An age of 0 removes the cookie. */
  set(name: string, value: string, maxAgeSeconds: number): string;
};

const cookiesWith = (base: string, secure: string): WebCookies => ({
  session: `${base}-route`,
  begin: `${base}-begin`,
  returnPrefix: `${base}-return-`,
  set: (name, value, maxAgeSeconds) =>
    `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; ${secure}HttpOnly; SameSite=Lax`,
});
const overTls = cookiesWith('__Host-sallyport', 'Secure; ');
const inPlainHttp = cookiesWith('sallyport-demo', '');

/**
 * Returns the cookies for the host of a web application. The prefix requires `Secure` (RFC 6265bis 4.1.3.2), which not
 * every browser accepts in plain http. That is for demos on one machine.
 */
export const webCookiesOf = ({ origin }: { origin: string }): WebCookies =>
  origin.startsWith('https:') ? overTls : inPlainHttp;

/** The start of every cookie of the gateway, on whichever host. */
const ownNames = /^(?:__host-sallyport|sallyport-demo)(?![a-z0-9])/i;

const nameOf = (pair: string) => {
  const mark = pair.indexOf('=');
  return (mark === -1 ? pair : pair.slice(0, mark)).trim();
};

/** Returns the only cookie of this name. Two of one name count as none, because either could have been planted. */
export function onlyCookie(raw: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.length !== 6 || raw[index]!.toLowerCase() !== 'cookie') continue;
    const value = raw[index + 1]!;
    if (!value.includes(name)) continue;
    for (const pair of value.split(';')) {
      if (nameOf(pair) !== name || !pair.includes('=')) continue;
      if (found !== undefined) return undefined;
      found = pair.slice(pair.indexOf('=') + 1).trim();
    }
  }
  return found === '' ? undefined : found;
}

/** Returns how many cookies there are whose names begin with this. */
export function countCookies(raw: readonly string[], prefix: string): number {
  let count = 0;
  for (let index = 0; index < raw.length; index += 2)
    if (raw[index]!.toLowerCase() === 'cookie')
      count += raw[index + 1]!.split(';').filter((pair) => nameOf(pair).startsWith(prefix)).length;
  return count;
}

/**
 * Returns a Cookie line without the cookies of the gateway. Everything else stays as it came, byte for byte. Undefined if
 * nothing is left.
 */
export function withoutOwnCookies(value: string): string | undefined {
  if (!/sallyport/i.test(value)) return value;
  const kept = value.split(';').filter((pair) => !ownNames.test(nameOf(pair.replace(/^[=\s]+/, ''))));
  const text = kept.join(';').replace(/^ /, '');
  return text.trim() === '' ? undefined : text;
}

/**
 * Reports whether a Set-Cookie line of an application is for a cookie of the gateway. Browsers that accept a cookie
 * without a name send its value as it is, which could then look like one with a name.
 */
export function setsOwnCookie(line: string): boolean {
  return ownNames.test(line.replace(/^[=\s]+/, ''));
}
