import type { IncomingMessage } from 'node:http';
import { readHost } from '../headers/read-host.ts';
import type { WebRoute } from './web-route.ts';

/** The web applications of this gateway. */
export type WebRoutes = {
  /** Finds the one to whose host a request is addressed. Undefined also if its host could be read in two ways. */
  of(request: Pick<IncomingMessage, 'rawHeaders'>): WebRoute | undefined;
  /** Finds one by its host name. */
  byHost(host: string): WebRoute | undefined;
  all(): readonly WebRoute[];
};

/** Creates the lookup of routes by the Host header. The port is ignored, and so is the case. */
export function createWebRoutes(list: readonly WebRoute[]): WebRoutes {
  const hosts = new Map(list.map((route) => [route.host, route]));
  return {
    of({ rawHeaders }) {
      if (hosts.size === 0) return undefined;
      const host = readHost(rawHeaders);
      return host === undefined ? undefined : hosts.get(host.toLowerCase().replace(/:\d+$/, ''));
    },
    byHost: (host) => hosts.get(host),
    all: () => list,
  };
}
