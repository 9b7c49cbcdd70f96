import { hashToken } from '@sallyport/kit';
import type { RouteSessionDeps } from './route-session-deps.ts';
import {
  maxOpenCodes,
  routeCodeCountKind,
  routeCodeKind,
  routeCodeLifeMs,
  routeCodePlaceKind,
  routeCodeSchema,
  type RouteCode,
} from './route-code.ts';

/** Makes a code and keeps the login that it gives. Returns the address at which the application's host redeems it. */
export async function keepRouteCode(
  { singleUse, randomToken }: Pick<RouteSessionDeps, 'singleUse' | 'randomToken'>,
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

/** Returns what a code stands for, once. */
export async function takeRouteCode(
  { singleUse }: Pick<RouteSessionDeps, 'singleUse'>,
  code: string,
): Promise<RouteCode | undefined> {
  const { data: grant } = routeCodeSchema.safeParse(await singleUse.take(routeCodeKind, hashToken(code)));
  if (grant) return grant;
  // Older versions keep it under the code itself. There, the hash of a newer one must not count as a code.
  const { data: older } = routeCodeSchema.safeParse(await singleUse.take(routeCodeKind, code));
  return older?.issued === undefined ? older : undefined;
}
