import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { hashToken } from '@sallyport/kit';
import { readCookies, sessionCookieName } from '../http/cookies.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** What a browser shows of itself: where it comes from, as the gateway saw it, and what it calls itself. */
const shownSchema = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });
export type Shown = z.infer<typeof shownSchema>;

/** What a code for a web application stands for: the host, the browser that began, its tab, and its login. */
export const routeCodeSchema = z.object({
  host: z.string(),
  challenge: z.string(),
  tab: z.string(),
  parent: z.object({ id: z.string(), hash: z.string() }),
  /**
   * What the browser showed that the code is for, and the origin of the application. Codes of older versions lack it, and
   * are redeemed without a comparison, as long as the last of them lives.
   */
  issued: z.object({ origin: z.string(), to: shownSchema }).optional(),
});
export type RouteCode = z.infer<typeof routeCodeSchema>;

const routeCodeKind = 'route-code';
const routeCodeLifeMs = 60_000;

/**
 * How many codes of one login can be open. Beyond it, each new one replaces the oldest: a page that makes a browser ask
 * for codes fills no store and locks out no person.
 */
const maxOpenCodes = 200;
/** The places of the open codes of a login. */
const routeCodePlaceKind = 'route-code-place';
const routeCodeCountKind = 'route-code-count';

/**
 * How many codes one login may redeem for one web application within a window, whose length is in milliseconds. Each can
 * become a session that lasts as long as the login. A browser that restores its tabs needs one for each.
 */
export const maxRedeemed = 200;
export const redeemWindowMs = 10 * 60_000;
export const redeemCountKind = 'route-redeem-count';

/** A code that another browser than the one at the login wants to redeem. A click there gives it one of its own. */
export const routeConfirmationKind = 'route-confirmation';
export const routeConfirmationLifeMs = 5 * 60_000;

/** Finds the login of the browser that sends a request. Undefined if it has none that is live. */
export async function findBrowserLogin(
  { sessions, settings }: Pick<HandlerDeps, 'sessions' | 'settings'>,
  request: IncomingMessage,
): Promise<RouteCode['parent'] | undefined> {
  const token = readCookies(request.headers.cookie).get(sessionCookieName(settings.loginOrigin));
  if (token === undefined || token.includes('.')) return undefined;
  const hash = hashToken(token);
  const [found] = await sessions.find([hash]);
  return found?.state === 'live' && found.session.kind === 'browser' ? { id: found.session.id, hash } : undefined;
}

/** Makes a code and keeps the login that it gives. Returns the address at which the application's host redeems it. */
export async function keepRouteCode(
  { singleUse, randomToken }: Pick<HandlerDeps, 'singleUse' | 'randomToken'>,
  grant: RouteCode & { issued: object },
): Promise<string> {
  const code = randomToken();
  const key = hashToken(code); // so that the place of a code does not tell it
  const made = await singleUse.count(routeCodeCountKind, grant.parent.id, routeCodeLifeMs);
  const place = `${grant.parent.id} ${made % maxOpenCodes}`;
  const oldest = made > maxOpenCodes ? await singleUse.take(routeCodePlaceKind, place) : undefined;
  if (typeof oldest === 'string') await singleUse.take(routeCodeKind, oldest);
  await singleUse.put(routeCodePlaceKind, place, key, routeCodeLifeMs);
  await singleUse.put(routeCodeKind, key, grant, routeCodeLifeMs);
  return `${grant.issued.origin}/.sallyport/callback?code=${code}`;
}

/** What a code stands for, once. */
export async function takeRouteCode(
  { singleUse }: Pick<HandlerDeps, 'singleUse'>,
  code: string,
): Promise<RouteCode | undefined> {
  const { data: grant } = routeCodeSchema.safeParse(await singleUse.take(routeCodeKind, hashToken(code)));
  if (grant) return grant;
  // Older versions keep it under the code itself. There, the hash of a newer one must not count as a code.
  const { data: older } = routeCodeSchema.safeParse(await singleUse.take(routeCodeKind, code));
  return older?.issued === undefined ? older : undefined;
}
