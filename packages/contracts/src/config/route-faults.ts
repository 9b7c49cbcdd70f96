import { portOf } from './address.ts';
import { hostOfRoute, type RouteConfig } from './route.ts';

type Parts = {
  gateway: { url: string; tls?: object | undefined };
  login: { url?: string | undefined; listen?: object | undefined };
  clusters: readonly { host?: string | null | undefined }[];
  routes: readonly Pick<RouteConfig, 'from' | 'tls'>[];
};
type RouteFault = { path: (string | number)[]; message: string };

/** Returns what is wrong with the port of a route. Those in plain http are on the listener of the login pages. */
function portFault(from: URL, { gateway, login }: Pick<Parts, 'gateway' | 'login'>): string | undefined {
  if (from.protocol === 'https:') {
    const port = portOf(new URL(gateway.url));
    return portOf(from) === port
      ? undefined
      : `has another port than gateway.url (${port}), where the gateway can be reached`;
  }
  if (login.listen === undefined || login.url?.startsWith('http:') !== true)
    return 'is plain http, which needs login.listen and a login.url in plain http';
  const port = portOf(new URL(login.url));
  return portOf(from) === port ? undefined : `has another port than login.url (${port}), where plain http is served`;
}

/**
 * Returns what is wrong with the addresses of routes next to the rest of the configuration. One listener serves the
 * gateway, the clusters and all routes, and the host tells them apart.
 */
export function routeFaults(parts: Parts): RouteFault[] {
  const { gateway, login, clusters, routes } = parts;
  const url = new URL(gateway.url);
  const clusterHosts = new Set(clusters.map(({ host }) => host));
  return routes.flatMap((route, index) => {
    const from = new URL(route.from);
    const faults: RouteFault[] = [];
    const fault = (field: string, message: string) => faults.push({ path: ['routes', index, field], message });
    const ofPort = portFault(from, parts);
    if (ofPort !== undefined) fault('from', ofPort);
    if (from.hostname === url.hostname) fault('from', 'has the host of gateway.url; give the application its own host');
    if (login.url !== undefined && from.hostname === new URL(login.url).hostname)
      fault('from', 'has the host of login.url; give the application its own host');
    if (clusterHosts.has(from.hostname)) fault('from', 'has the host of a cluster');
    const before = routes.findIndex((other) => hostOfRoute(other.from) === from.hostname);
    if (before < index) fault('from', `has the same host as routes.${before}`);
    if (route.tls != null && gateway.tls === undefined) fault('tls', 'needs gateway.tls: without it there is no TLS');
    if (route.tls != null && from.protocol === 'http:') fault('tls', 'needs an https address in `from`');
    return faults;
  });
}
