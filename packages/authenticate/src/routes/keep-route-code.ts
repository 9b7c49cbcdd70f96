import type { RouteSessionDeps } from './route-session-deps.ts';
import {
  maxOpenCodes,
  routeCodeCountKind,
  routeCodeKind,
  routeCodeLifeMs,
  routeCodePlaceKind,
  type RouteCode,
} from './route-code.ts';

/** Makes a code and keeps what it stands for. Returns the address at which the application's host redeems it. */
export async function keepRouteCode(
  { singleUse, randomToken }: Pick<RouteSessionDeps, 'singleUse' | 'randomToken'>,
  grant: RouteCode & { issued: object },
): Promise<string> {
  const code = randomToken();
  const made = await singleUse.count(routeCodeCountKind, grant.parent.id, routeCodeLifeMs);
  const place = `${grant.parent.id} ${made % maxOpenCodes}`;
  const oldest = made > maxOpenCodes ? await singleUse.take(routeCodePlaceKind, place) : undefined;
  if (typeof oldest === 'string') await singleUse.take(routeCodeKind, oldest);
  await singleUse.put(routeCodePlaceKind, place, code, routeCodeLifeMs);
  await singleUse.put(routeCodeKind, code, grant, routeCodeLifeMs);
  return `${grant.issued.origin}/.sallyport/callback?code=${code}`;
}
