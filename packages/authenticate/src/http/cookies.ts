import { hashToken, ProblemError } from '@sallyport/kit';
import { isPlainLoopback } from '../settings/login-settings.ts';

// RFC 6265bis 4.1.3.2: a browser takes a __Host- cookie only from https, without Domain, for the whole host; a sibling
// host cannot plant one.
const baseName = (origin: string) => (isPlainLoopback(origin) ? 'sallyport-demo' : '__Host-sallyport');
const attributes = (origin: string, maxAgeSeconds: number) =>
  `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isPlainLoopback(origin) ? '' : '; Secure'}`;

/** The cookies of a request by name; of two of one name neither counts. */
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

/** A Set-Cookie line for the session; `lifeMs` is its absolute life. */
export function sessionCookie(origin: string, token: string, lifeMs: number): string {
  return `${baseName(origin)}=${token}; ${attributes(origin, Math.floor(lifeMs / 1000))}`;
}

/** A Set-Cookie line that removes the session cookie. */
export function clearedSessionCookie(origin: string): string {
  return `${baseName(origin)}=; ${attributes(origin, 0)}`;
}

/** The cookie of one login: each tab that is logging in has its own, so they do not overwrite one another's. */
export function loginCookieName(origin: string, state: string): string {
  return `${baseName(origin)}-login-${hashToken(state).slice(0, 12)}`;
}

/** Its value: when it was made, so that the oldest can be told, and what is kept in it. */
export type LoginCookie = { madeAt: number; payload: string };

export function readLoginCookie(value: string | undefined): LoginCookie | undefined {
  const [, madeAt, payload] = /^([0-9a-z]{1,11})\.([A-Za-z0-9._~-]+)$/.exec(value ?? '') ?? [];
  return madeAt === undefined || payload === undefined ? undefined : { madeAt: Number.parseInt(madeAt, 36), payload };
}

/** RFC 6265 6.1: browsers keep cookies of 4,096 bytes, name and attributes included. */
const longestPayload = 3800;
const keptLogins = 8;
/** All of them travel with every request, and its whole head must stay below 16 KiB. */
const keptBytes = 6144;

/** The logins, newest first, for which there is no room beside a new one of `size` bytes. */
function withoutRoom(logins: readonly [string, string][], size: number): string[] {
  let room = keptBytes - size;
  return logins.flatMap(([name, value], place) => {
    room -= name.length + value.length;
    return place >= keptLogins - 1 || room < 0 ? [name] : [];
  });
}

/** Set-Cookie lines that begin a login; if the browser holds many unfinished ones, the oldest go. */
export function beginLoginCookies(
  origin: string,
  held: Map<string, string>,
  state: string,
  { madeAt, payload }: LoginCookie,
  lifeMs: number,
): string[] {
  if (payload.length > longestPayload)
    throw new ProblemError('bad-request', 'The parameters of this login are too long.');
  const logins = [...held]
    .filter(([name]) => name.startsWith(`${baseName(origin)}-login-`))
    .sort(([, a], [, b]) => (readLoginCookie(b)?.madeAt ?? 0) - (readLoginCookie(a)?.madeAt ?? 0));
  const [name, value] = [loginCookieName(origin, state), `${madeAt.toString(36)}.${payload}`];
  return [
    `${name}=${value}; ${attributes(origin, Math.floor(lifeMs / 1000))}`,
    ...withoutRoom(logins, name.length + value.length).map((one) => `${one}=; ${attributes(origin, 0)}`),
  ];
}

/** A Set-Cookie line that ends a login's cookie. */
export function clearedLoginCookie(origin: string, state: string): string {
  return `${loginCookieName(origin, state)}=; ${attributes(origin, 0)}`;
}
