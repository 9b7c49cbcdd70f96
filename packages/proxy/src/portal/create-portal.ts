import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientRequest } from '../exchange/client-message.ts';
import type { WebRoutes } from '../exchange/web-route.ts';
import { isConnector, isLanding, isOwn, isRouteOwn, onClusterHost } from './calls/own-addresses.ts';
import type { PortalDeps } from './calls/portal-deps.ts';
import { createClusterHostApi, createOwnApi } from './create-own-api.ts';
import { createRouteHostApi } from './create-route-host-api.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The gateway's own pages and API at one listener. */
export type Portal = {
  /** Reports whether a request is for them. */
  isOwn(request: ClientRequest): boolean;
  answer: Answer;
};

/** The same at the gateway's listener, which connectors dial. */
export type GatewayPortal = Portal & {
  /** Reports whether a request is at the address of connectors. */
  isConnector(request: IncomingMessage): boolean;
};

/**
 * Creates the portal at the gateway's listener: on its own host, and less on the hosts of clusters and applications.
 */
export function createPortal(
  deps: PortalDeps,
  { routes, clusters }: { routes: Pick<WebRoutes, 'of'>; clusters: Parameters<typeof onClusterHost>[1] },
): GatewayPortal {
  const onOwnHost = createOwnApi(deps);
  const onHostOfCluster = createClusterHostApi(deps);
  const onHostOfRoute = createRouteHostApi(deps, routes);
  const hasKeys = deps.identityKeys !== undefined;
  return {
    isOwn(request) {
      if (routes.of(request)) return isRouteOwn(request, hasKeys);
      const cluster = onClusterHost(request, clusters);
      return isOwn(request, cluster) || (cluster === false && isLanding(request, deps.origin));
    },
    isConnector: (request) => !routes.of(request) && isConnector(request, onClusterHost(request, clusters)),
    answer(request, response) {
      if (routes.of(request)) onHostOfRoute(request, response);
      else if (onClusterHost(request, clusters)) onHostOfCluster(request, response);
      else onOwnHost(request, response);
    },
  };
}

/** Chooses at the listener of the login pages, which has no clusters, and web applications only in plain http. */
export function choosePages({
  routes,
  hasKeys,
  onOwnHost,
  onHostOfRoute,
}: {
  routes: Pick<WebRoutes, 'plainOf'>;
  /** Whether there are keys that sign identities. */
  hasKeys: boolean;
  onOwnHost: Answer;
  onHostOfRoute: Answer;
}): Portal {
  return {
    isOwn: (request) => routes.plainOf(request) === undefined || isRouteOwn(request, hasKeys),
    answer(request, response) {
      if (routes.plainOf(request)) onHostOfRoute(request, response);
      else onOwnHost(request, response);
    },
  };
}

/** Creates the portal at the listener of the login pages, which has an origin of its own. */
export function createPagesPortal(deps: PortalDeps, routes: Pick<WebRoutes, 'plainOf'>): Portal {
  return choosePages({
    routes,
    hasKeys: deps.identityKeys !== undefined,
    onOwnHost: createOwnApi(deps),
    onHostOfRoute: createRouteHostApi(deps, { of: routes.plainOf }),
  });
}
