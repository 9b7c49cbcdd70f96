import { hashToken, ProblemError } from '@sallyport/kit';
import { isPlainLoopback } from './login-settings.ts';

// RFC 6265bis 4.1.3.2: a browser accepts a __Host- cookie only over https, without Domain, for the whole host, so a
// sibling host cannot plant one.
const baseName = (origin: string) => (isPlainLoopback(origin) ? 'sallyport-demo' : '__Host-sallyport');
const attributes = (origin: string, maxAgeSeconds: number) =>
  `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isPlainLoopback(origin) ? '' : '; Secure'}`;

/** Returns the cookies of a request by name. Drops every cookie whose name appears twice. */
export function readCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  const twice = new Set<string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 1) continue;
    const name = pair.slice(0, at).trim();
    if (cookies.has(name)) twice.add(name);
    cookies.set(name, pair.slice(at + 1).trim());
  }
  for (const name of twice) cookies.delete(name);
  return cookies;
}

export const sessionCookieName = baseName;

/** Returns the Set-Cookie line of a session. `lifeMs` is the session's absolute lifetime. */
export function sessionCookie(origin: string, token: string, lifeMs: number): string {
  return `${baseName(origin)}=${token}; ${attributes(origin, Math.floor(lifeMs / 1000))}`;
}

/** Returns a Set-Cookie line that removes the session cookie. */
export function clearedSessionCookie(origin: string): string {
  return `${baseName(origin)}=; ${attributes(origin, 0)}`;
}

/**
 * Returns the cookie name of one login. Each tab has its own, so that concurrent logins do not overwrite each other.
 */
export function loginCookieName(origin: string, state: string): string {
  return `${baseName(origin)}-login-${hashToken(state).slice(0, 12)}`;
}

/** The value of a login cookie. `madeAt` tells which cookie is the oldest. */
type LoginCookie = { madeAt: number; payload: string };

export function readLoginCookie(value: string | undefined): LoginCookie | undefined {
  const [, madeAt, payload] = /^([0-9a-z]{1,11})\.([A-Za-z0-9._~-]+)$/.exec(value ?? '') ?? [];
  return madeAt === undefined || payload === undefined ? undefined : { madeAt: Number.parseInt(madeAt, 36), payload };
}

/** RFC 6265 6.1: browsers store cookies of up to 4,096 bytes, including name and attributes. */
const maxPayload = 3800;
const maxLogins = 8;
/** Browsers send all login cookies with every request, and the request head must stay below 16 KiB. */
const maxBytes = 6144;

/** Returns the names of the cookies (newest first in `logins`) to remove so that a new one of `size` bytes fits. */
function evicted(logins: readonly [string, string][], size: number): string[] {
  let room = maxBytes - size;
  return logins.flatMap(([name, value], place) => {
    room -= name.length + value.length;
    return place >= maxLogins - 1 || room < 0 ? [name] : [];
  });
}

/** Returns the Set-Cookie lines that start a login. Removes the oldest if the browser holds many unfinished ones. */
export function loginCookies(
  origin: string,
  held: Map<string, string>,
  state: string,
  { madeAt, payload }: LoginCookie,
  lifeMs: number,
): string[] {
  if (payload.length > maxPayload) throw new ProblemError('bad-request', 'The parameters of this login are too long.');
  const logins = [...held]
    .filter(([name]) => name.startsWith(`${baseName(origin)}-login-`))
    .sort(([, a], [, b]) => (readLoginCookie(b)?.madeAt ?? 0) - (readLoginCookie(a)?.madeAt ?? 0));
  const name = loginCookieName(origin, state);
  const value = `${madeAt.toString(36)}.${payload}`;
  return [
    `${name}=${value}; ${attributes(origin, Math.floor(lifeMs / 1000))}`,
    ...evicted(logins, name.length + value.length).map((one) => `${one}=; ${attributes(origin, 0)}`),
  ];
}

/** Returns a Set-Cookie line that removes the cookie of a login. */
export function clearedLoginCookie(origin: string, state: string): string {
  return `${loginCookieName(origin, state)}=; ${attributes(origin, 0)}`;
}
