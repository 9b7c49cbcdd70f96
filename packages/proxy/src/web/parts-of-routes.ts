import { createBeginWebLogin } from './begin-web-login.ts';
import type { WebRoutes } from './web-routes.ts';

/** Returns what the road to web applications and the gateway's own API need of the routes. */
export function partsOfRoutes({ of, plainOf, byHost, all }: WebRoutes, { loginOrigin }: { loginOrigin: string }) {
  return {
    road: { routeOf: of, plainRouteOf: plainOf, beginLogin: createBeginWebLogin({ loginOrigin }) },
    api: { routeOrigin: (host: string) => byHost(host)?.origin, applications: all },
  };
}
