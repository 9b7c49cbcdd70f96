import { createBeginWebLogin } from './send-web-problem.ts';
import type { WebRoutes } from '../exchange/web-route.ts';

/** Returns what the road to web applications and the gateway's own API need of the routes. */
export function partsOfRoutes({ of, plainOf, byHost, all }: WebRoutes, { loginOrigin }: { loginOrigin: string }) {
  return {
    road: { routeOf: of, plainRouteOf: plainOf, beginLogin: createBeginWebLogin({ loginOrigin }) },
    api: { routeOrigin: (host: string) => byHost(host)?.origin, applications: all },
  };
}
