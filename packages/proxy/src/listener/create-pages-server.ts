import type { Server } from 'node:http';
import type { WebRoutes } from '../web/web-routes.ts';
import { createGatewayServer, type GatewayServerDeps } from './create-gateway-server.ts';
import { isRouteOwn } from './is-route-own.ts';

type Handler = GatewayServerDeps['ownApi'];

/**
 * Creates the server of the login pages in plain http. It also serves the web applications in plain http, which are for
 * demos, and no clusters.
 */
export function createPagesServer(
  deps: Pick<GatewayServerDeps, 'begin' | 'gateway' | 'recorder' | 'recordUnparsable'> & {
    routes: Pick<WebRoutes, 'plainOf'>;
    /** Whether there are keys that sign identities. */
    hasKeys: boolean;
    ownApi: Handler;
    routeHostApi: Handler;
  },
): Server {
  const { routes, hasKeys, ownApi, routeHostApi } = deps;
  return createGatewayServer({
    ...deps,
    tls: undefined,
    isOwn: (request) => routes.plainOf(request) === undefined || isRouteOwn(request, hasKeys),
    ownApi(request, response) {
      if (routes.plainOf(request)) routeHostApi(request, response);
      else ownApi(request, response);
    },
  });
}
