import type { IncomingMessage } from 'node:http';
import { readHost } from '../headers/read-host.ts';
import type { WebRoute } from './web-route.ts';

/** The web applications of this gateway. */
export type WebRoutes = {
  /**
   * Finds the one to whose host a request at the gateway's listener is addressed. Undefined also if its host could be read
   * in two ways.
   */
  of(request: Pick<IncomingMessage, 'rawHeaders'>): WebRoute | undefined;
  /** The same at the listener of the login pages, which has those in plain http. */
  plainOf(request: Pick<IncomingMessage, 'rawHeaders'>): WebRoute | undefined;
  /** Finds one by its host name. */
  byHost(host: string): WebRoute | undefined;
  all(): readonly WebRoute[];
};

type Hosts = ReadonlyMap<string, WebRoute>;

const hostsOf = (routes: readonly WebRoute[]): Hosts => new Map(routes.map((route) => [route.host, route]));

function find(hosts: Hosts, { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): WebRoute | undefined {
  if (hosts.size === 0) return undefined;
  const host = readHost(rawHeaders);
  return host === undefined ? undefined : hosts.get(host.toLowerCase().replace(/:\d+$/, ''));
}

/** Creates the lookup of routes by the Host header. The port is ignored, and so is the case. */
export function createWebRoutes(list: readonly WebRoute[]): WebRoutes {
  const all = hostsOf(list);
  const secure = hostsOf(list.filter(({ origin }) => origin.startsWith('https:')));
  const plain = hostsOf(list.filter(({ origin }) => origin.startsWith('http:')));
  return {
    of: (request) => find(secure, request),
    plainOf: (request) => find(plain, request),
    byHost: (host) => all.get(host),
    all: () => list,
  };
}
