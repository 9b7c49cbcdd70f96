import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Pages } from '@sallyport/pages';
import type { RouteIdentity } from '../web-identity/route-identity.ts';

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
  /** Closes idle connections. Requests in flight go on to their end. */
  retire(): void;
};
