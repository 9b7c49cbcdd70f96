import type { IncomingMessage } from 'node:http';
import { hashToken } from '@sallyport/kit';
import { readCookies, sessionCookieName } from '../http/cookies.ts';
import type { RouteCode } from './route-code.ts';
import type { RouteSessionDeps } from './route-session-deps.ts';

/** Finds the login of the browser that sends a request. Undefined if it has none that is live. */
export async function findBrowserLogin(
  { sessions, settings }: Pick<RouteSessionDeps, 'sessions' | 'settings'>,
  request: IncomingMessage,
): Promise<RouteCode['parent'] | undefined> {
  const token = readCookies(request.headers.cookie).get(sessionCookieName(settings.loginOrigin));
  if (token === undefined || token.includes('.')) return undefined;
  const hash = hashToken(token);
  const [found] = await sessions.find([hash]);
  return found?.state === 'live' && found.session.kind === 'browser' ? { id: found.session.id, hash } : undefined;
}
