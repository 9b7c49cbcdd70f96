import { type Socket, connect as netConnect } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect as tlsConnect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { plainOver, secureOver, type OnRead } from '@sallyport/carrier/gateway';
import { readAllowSystem, type AllowSystem, type ClusterConfig } from '@sallyport/contracts';
import { createHttp1Client, type Http1Handler, type Http1Request } from '@sallyport/http1';
import { createHttp2Client, type BodilessRequest } from '@sallyport/http2';
import { targetOf, type ConnectorWay } from '../connectors/connector-way.ts';
import { withoutPort } from '../headers/read-headers.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** `halfOpen`: whether a connection stays open that the other side has ended. A pool needs one that does not. */
type Extra = ConnectionOptions & { onread?: OnRead; halfOpen?: boolean };
type Address = Pick<ClusterAccess, 'server' | 'ca' | 'serverName' | 'clientCert' | 'clientKey'> & {
  /** The key exchange groups to offer. The default is what OpenSSL offers. */
  curves?: ClusterConfig['curves'];
};

// SNI contains names only (RFC 6066, 3). For an address the certificate is checked against the address itself.
const serverNameOf = ({ serverName }: Address, hostname: string) =>
  serverName ?? (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

/**
 * Returns an address, and what connects to it: itself, or through a connector. TLS is the same either way, and ends at
 * the address. All connections share one TLS context.
 */
export function createConnect(
  address: Address,
  dial?: ConnectorWay['dial'],
): { url: URL; secure: boolean; connect(extra?: Extra): Socket } {
  const url = new URL(address.server);
  const { host: hostname, port } = targetOf(url);
  const secure = url.protocol === 'https:';
  const { ca, clientCert: cert, clientKey: key, curves } = address;
  // Here and not in `connect`, where the groups have no effect beside a context.
  const secureContext: SecureContext | undefined = secure
    ? createSecureContext({ ca, cert, key, ...(curves ? { ecdhCurve: curves.join(':') } : {}) })
    : undefined;
  // Without ALPN, a server speaks HTTP/1.1 (RFC 9113, 3.2). Node would keep a small Buffer of the protocols for each
  // connection, and with it the 64 KiB of memory that the Buffer is a part of. Few connections are shared.
  const tls = secure ? { secureContext, servername: serverNameOf(address, hostname) } : {};
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true };
  const over = (stream: Duplex, { onread, halfOpen, ...extra }: Extra) =>
    secure ? secureOver(stream, { ...tls, ...extra }, onread, halfOpen) : plainOver(stream, onread, halfOpen);
  const connect = (extra: Extra = {}) => {
    if (dial) return over(dial({ host: hostname, port }), extra);
    return secure
      ? tlsConnect({ host: hostname, port, ...keepAlive, ...tls, ...extra })
      : netConnect({ host: hostname, port, ...keepAlive, ...extra });
  };
  return { url, secure, connect };
}

/** One cluster as the gateway reaches it. */
export type Upstream = {
  name: string;
  host: string | undefined;
  /** Sends one request over a kept-alive connection. */
  dispatch(request: Http1Request, handler: Http1Handler): void;
  /**
   * Sends a watch, over a connection that it shares with others if the cluster speaks HTTP/2. Plain requests do not: they
   * cost more CPU over HTTP/2, and their connections are used again soon.
   */
  dispatchWatch(request: BodilessRequest, handler: Http1Handler): void;
  /** The prefix of every path, for a cluster behind another path-based gateway. Usually empty. */
  basePath: string;
  hostHeader: string;
  /** Scheme, host and port. */
  origin: string;
  /** The `system:` names that may be sent there. */
  allowSystem: AllowSystem;
  /** Returns the gateway's own Authorization value for this cluster. Throws the problem if a connector has not sent it. */
  authorization(): string | undefined;
  /**
   * Makes sure that the cluster can be dialled, and that the credential for it is there. Rejects with the problem
   * otherwise. Returns nothing if no wait is needed, as for every cluster without a connector.
   */
  ready(): Promise<void> | undefined;
  /** Reads the credential again, because the cluster refused it. */
  refreshCredential(): void;
  /** Returns how many watches share how many connections of HTTP/2. Undefined if none can. */
  shared(): { connections: number; streams: number } | undefined;
  /** Returns the protocol of its watches. Undefined before the first one. */
  watchProtocol(): 'HTTP/2' | 'HTTP/1.1' | undefined;
  /** Opens a separate connection for an upgrade, never one from the pool. */
  connect(): Socket;
  /** Another upstream replaces it. Requests in flight go on to their end. */
  retire(): void;
  close(): Promise<void>;
};

type UpstreamTimeouts = { connect: number; firstByte: number };

/**
 * Creates the upstream of one cluster. The number of connections is not limited, because open watches must not hold up
 * the next request.
 */
export function createUpstream(deps: {
  cluster: ClusterConfig;
  access: ClusterAccess;
  timeouts: UpstreamTimeouts;
}): Upstream {
  const { cluster, access, timeouts } = deps;
  const { url, secure, connect } = createConnect({ ...access, curves: cluster.curves }, access.way?.dial);
  const client = createHttp1Client({
    host: url.host,
    readyEvent: secure ? 'secureConnect' : 'connect',
    connectTimeoutMs: timeouts.connect,
    connect: (onread) => connect({ onread }),
  });
  const shared =
    secure && (cluster.http2 ?? true)
      ? createHttp2Client({
          authority: url.host,
          connectTimeoutMs: timeouts.connect,
          connect: () => connect({ ALPNProtocols: ['h2', 'http/1.1'], halfOpen: false }) as TLSSocket,
          http1: client,
        })
      : undefined;
  return {
    name: cluster.name,
    host: cluster.host ?? undefined,
    basePath: url.pathname === '/' ? '' : url.pathname,
    hostHeader: url.host,
    origin: url.origin,
    allowSystem: readAllowSystem(cluster.impersonate.allowSystem),
    authorization() {
      const token = access.token.current();
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    ready: () => access.way?.ready(),
    refreshCredential: () => void access.token.refresh(),
    dispatch: (request, handler) => client.dispatch(request, handler),
    dispatchWatch: (request, handler) => (shared ?? client).dispatch(request, handler),
    shared: () => shared?.counts(),
    watchProtocol: () => (shared ? shared.protocol() : 'HTTP/1.1'),
    connect: () => connect(),
    retire() {
      client.retire();
      shared?.retire();
    },
    async close() {
      client.close();
      shared?.close();
    },
  };
}

/** The clusters of this gateway. */
export type Upstreams = {
  byName(name: string): Upstream | undefined;
  /** Finds a cluster by the Host header. The port is ignored, and so is the case. */
  byHost(host: string): Upstream | undefined;
  all(): readonly Upstream[];
  close(): Promise<void>;
};

/** Creates the lookup of upstreams by name and by host. */
export function createUpstreams(list: readonly Upstream[]): Upstreams {
  const names = new Map(list.map((one) => [one.name, one]));
  const hosts = new Map(list.filter((one) => one.host !== undefined).map((one) => [one.host!, one]));
  return {
    byName: (name) => names.get(name),
    byHost(host) {
      if (hosts.size === 0) return undefined;
      return hosts.get(withoutPort(host));
    },
    all: () => list,
    close: async () => void (await Promise.all(list.map((one) => one.close()))),
  };
}
