import type { Agent, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Pages } from '@sallyport/pages';
import type { RouteIdentity } from '../web-identity/route-identity.ts';
import { readHost, withoutPort } from '../headers/read-headers.ts';

/** One web application as the gateway reaches it. */
export type WebRoute = {
  /** What people call it. Undefined if it has no name but its host. */
  name: string | undefined;
  /** The host name at which browsers reach it, in lower case. */
  host: string;
  /** Scheme, host and port as browsers see them. */
  origin: string;
  /** The same in two parts, as applications are told. */
  forwarded: { host: string; proto: string };
  /** The address of the application. */
  target: URL;
  /** The Host header for the application. */
  hostHeader: string;
  /** The prefix of every path. Always empty. */
  basePath: '';
  /** The kept-alive connections to the application. */
  agent: Agent;
  /** Opens a connection for each request, to the same address. */
  freshAgent: Agent;
  /** How long the first byte of a response may take, in milliseconds. 0 is no limit. */
  firstByte: number;
  /** Whether a path may have escaped slashes. */
  allowEncodedSlashes: boolean;
  /** Headers of clients that pass although applications usually trust them, in lower case. */
  allowedHeaders: ReadonlySet<string>;
  /** Whether a Service Worker may control the whole host. */
  allowServiceWorkers: boolean;
  /** What the application is told of its user. */
  identity: RouteIdentity;
  /** Sends the gateway's own pages on the host of the application. */
  pages: Pages;
  /** Opens a separate connection for an upgrade. */
  connect(): Socket;
  /** See Upstream. */
  ready(): Promise<void> | undefined;
  /** The gateway has no credential for it. */
  refreshCredential?: undefined;
  /** Closes idle connections. Requests in flight go on to their end. */
  retire(): void;
};

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
  return host === undefined ? undefined : hosts.get(withoutPort(host));
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
