import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Config, RouteConfig } from '@sallyport/contracts';
import { createPages, type PageLook } from '@sallyport/pages';
import type { Through } from '../connectors/connector-way.ts';
import { createConnect } from '../upstream/upstream.ts';
import type { IdentifiedRoute, RouteIdentity } from '../web-identity/route-identity.ts';
import type { WebRoute } from '../exchange/web-route.ts';

type WebRouteDeps = {
  resolvePath: (file: string) => string;
  timeouts: Config['timeouts'];
  look: PageLook;
  identityOf(route: IdentifiedRoute): RouteIdentity;
  through: Through;
};

const maxIdleConnections = 256;

/**
 * How long a connection may be idle and still be used again. Many applications close theirs after five seconds, and a
 * write that is sent just then fails, because it must not be sent twice. If an application announces less in
 * `Keep-Alive`, Node.js keeps to that, but only where there is a limit.
 */
const maxIdleMs = 4000;

/** Ends an attempt to connect that takes too long. */
function limitConnect(socket: Socket, secure: boolean, ms: number): Socket {
  const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), ms);
  socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

/**
 * Creates the agent that keeps connections to one address. Their number is not limited: an open stream must not hold up
 * others.
 */
function createAgent(secure: boolean, connect: () => Socket): HttpAgent {
  const agent = new (secure ? HttpsAgent : HttpAgent)({
    keepAlive: true,
    timeout: maxIdleMs,
    maxSockets: Infinity,
    maxFreeSockets: maxIdleConnections,
  });
  const keep = agent.keepSocketAlive.bind(agent);
  const draining = new WeakSet<Socket>();
  agent.keepSocketAlive = (socket) => !draining.has(socket as Socket) && keep(socket);
  agent.createConnection = () => {
    const socket = connect();
    return socket.once('draining', () => {
      draining.add(socket);
      if (Object.values(agent.freeSockets).some((idle) => idle?.includes(socket))) socket.destroy();
    });
  };
  return agent;
}

/** Creates a route, with the files that its configuration names. */
export async function createWebRoute(route: RouteConfig, deps: WebRouteDeps): Promise<WebRoute> {
  const read = async (file: string | null | undefined) =>
    file == null ? undefined : readFile(deps.resolvePath(file), 'utf8');
  const [ca, clientCert, clientKey] = await Promise.all(
    [route.toCaFile, route.toClientCertFile, route.toClientKeyFile].map(read),
  );
  const way = route.connector == null ? undefined : deps.through(route.connector);
  const address = { server: route.to, ca, serverName: route.toServerName ?? undefined, clientCert, clientKey };
  const { url, secure, connect } = createConnect(address, way?.dial);
  const from = new URL(route.from);
  const { connect: connectMs, firstByte } = { ...deps.timeouts, ...route.timeouts };
  const limited = (halfOpen: boolean) => limitConnect(connect({ halfOpen }), secure, connectMs);
  const agent = createAgent(secure, () => limited(false));
  const freshAgent = Object.assign(new (secure ? HttpsAgent : HttpAgent)({ keepAlive: false }), {
    createConnection: () => limited(false),
  });
  return {
    name: route.name ?? undefined,
    host: from.hostname,
    origin: from.origin,
    forwarded: { host: from.host, proto: from.protocol.slice(0, -1) },
    target: url,
    hostHeader: route.preserveHost ? from.host : url.host,
    basePath: '',
    agent,
    freshAgent,
    firstByte,
    allowEncodedSlashes: route.allowEncodedSlashes,
    allowedHeaders: new Set(route.allowRequestHeaders.map((name) => name.toLowerCase())),
    allowServiceWorkers: route.allowServiceWorkers,
    identity: deps.identityOf(route),
    // The logo is on the gateway's own host.
    pages: createPages({ ...deps.look, host: from.host, logo: undefined }),
    connect: () => limited(true),
    ready: () => way?.ready(),
    retire() {
      // `destroy` would also end requests in flight.
      agent.maxFreeSockets = 0;
      for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy();
    },
  };
}
