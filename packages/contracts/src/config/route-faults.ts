import { portOf } from './address.ts';
import { hostOfRoute, type RouteConfig } from './route.ts';

type Parts = {
  gateway: { url: string; tls?: object | undefined };
  clusters: readonly { host?: string | null | undefined }[];
  routes: readonly Pick<RouteConfig, 'from' | 'tls'>[];
};
type RouteFault = { path: (string | number)[]; message: string };

/**
 * Returns what is wrong with the addresses of routes next to the rest of the configuration. One listener serves the
 * gateway, the clusters and all routes, and the host tells them apart.
 */
export function routeFaults({ gateway, clusters, routes }: Parts): RouteFault[] {
  const url = new URL(gateway.url);
  const clusterHosts = new Set(clusters.map(({ host }) => host));
  return routes.flatMap((route, index) => {
    const from = new URL(route.from);
    const faults: RouteFault[] = [];
    const fault = (field: string, message: string) => faults.push({ path: ['routes', index, field], message });
    if (portOf(from) !== portOf(url))
      fault('from', `has another port than gateway.url (${portOf(url)}), where the gateway can be reached`);
    if (from.hostname === url.hostname) fault('from', 'has the host of gateway.url; give the application its own host');
    if (clusterHosts.has(from.hostname)) fault('from', 'has the host of a cluster');
    const before = routes.findIndex((other) => hostOfRoute(other.from) === from.hostname);
    if (before < index) fault('from', `has the same host as routes.${before}`);
    if (route.tls != null && gateway.tls === undefined) fault('tls', 'needs gateway.tls: without it there is no TLS');
    return faults;
  });
}
