import { hashToken } from '@sallyport/kit';
import { isPlainLoopback } from './login-settings.ts';

// RFC 6265bis 4.1.3.2: a browser takes a __Host- cookie only from https, without Domain, for the whole host; a sibling host cannot plant one.
const baseName = (origin: string) => (isPlainLoopback(origin) ? 'sallyport-demo' : '__Host-sallyport');
const attributes = (origin: string, maxAgeSeconds: number) => `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isPlainLoopback(origin) ? '' : '; Secure'}`;

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

/** Its value: a secret, and when it was made, so that the oldest can be told; of a device's login its code, too, which is kept nowhere else. */
export type LoginCookie = { secret: string; madeAt: number; userCode?: string };

export function readLoginCookie(value: string | undefined): LoginCookie | undefined {
  const [, secret, madeAt, userCode] = /^([A-Za-z0-9_-]{43})\.([0-9a-z]{1,11})(?:\.([A-Z]{8}))?$/.exec(value ?? '') ?? [];
  if (secret === undefined || madeAt === undefined) return undefined;
  return { secret, madeAt: Number.parseInt(madeAt, 36), ...(userCode === undefined ? {} : { userCode }) };
}

const writeLoginCookie = ({ secret, madeAt, userCode }: LoginCookie) => `${secret}.${madeAt.toString(36)}${userCode === undefined ? '' : `.${userCode}`}`;

const keptLogins = 8;

/** Set-Cookie lines that begin a login; if the browser holds many unfinished ones, the oldest go. */
export function beginLoginCookies(origin: string, held: Map<string, string>, state: string, cookie: LoginCookie, lifeMs: number): string[] {
  const logins = [...held].filter(([name]) => name.startsWith(`${baseName(origin)}-login-`))
    .sort(([, a], [, b]) => (readLoginCookie(b)?.madeAt ?? 0) - (readLoginCookie(a)?.madeAt ?? 0));
  return [
    `${loginCookieName(origin, state)}=${writeLoginCookie(cookie)}; ${attributes(origin, Math.floor(lifeMs / 1000))}`,
    ...logins.slice(keptLogins - 1).map(([name]) => `${name}=; ${attributes(origin, 0)}`),
  ];
}

/** A Set-Cookie line that ends a login's cookie. */
export function clearedLoginCookie(origin: string, state: string): string {
  return `${loginCookieName(origin, state)}=; ${attributes(origin, 0)}`;
}
