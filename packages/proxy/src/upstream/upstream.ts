import { type Socket, connect as netConnect } from 'node:net';
import { connect as tlsConnect, createSecureContext, type SecureContext } from 'node:tls';
import { readAllowSystem, type AllowSystem, type ClusterConfig } from '@sallyport/contracts';
import { createHttp1Client, type Http1Handler, type Http1Request } from '@sallyport/http1';
import type { ClusterAccess } from './cluster-access.ts';

type Address = Pick<ClusterAccess, 'server' | 'ca' | 'serverName' | 'clientCert' | 'clientKey'> & {
  /** The key exchange groups to offer. The default is what OpenSSL offers. */
  curves?: ClusterConfig['curves'];
};

// SNI contains names only (RFC 6066, 3). For an address the certificate is checked against the address itself.
const serverNameOf = ({ serverName }: Address, hostname: string) =>
  serverName ?? (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

/** Returns an address, and what connects to it. All connections share one TLS context. */
export function createConnect(address: Address): { url: URL; secure: boolean; connect(extra?: object): Socket } {
  const url = new URL(address.server);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const { ca, clientCert: cert, clientKey: key, curves } = address;
  // Here and not in `connect`, where the groups have no effect beside a context.
  const secureContext: SecureContext | undefined = secure
    ? createSecureContext({ ca, cert, key, ...(curves ? { ecdhCurve: curves.join(':') } : {}) })
    : undefined;
  // Without ALPN, a server speaks HTTP/1.1 (RFC 9113, 3.2). Node would keep a small Buffer of the protocols for each
  // connection, and with it the 64 KiB of memory that the Buffer is a part of.
  const tls = secure ? { secureContext, servername: serverNameOf(address, hostname) } : {};
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true };
  const connect = (extra = {}) =>
    secure
      ? tlsConnect({ host: hostname, port, ...keepAlive, ...tls, ...extra })
      : netConnect({ host: hostname, port, ...keepAlive, ...extra });
  return { url, secure, connect };
}

/** One cluster as the gateway reaches it. */
export type Upstream = {
  name: string;
  host: string | undefined;
  /** Sends one request over a kept-alive connection. */
  dispatch(request: Http1Request, handler: Http1Handler): void;
  /** The prefix of every path, for a cluster behind another path-based gateway. Usually empty. */
  basePath: string;
  hostHeader: string;
  /** Scheme, host and port. */
  origin: string;
  /** The `system:` names that may be sent there. */
  allowSystem: AllowSystem;
  /** Returns the gateway's own Authorization value for this cluster. */
  authorization(): string | undefined;
  /** Reads the credential again, because the cluster refused it. */
  refreshCredential(): void;
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
  const { url, secure, connect } = createConnect({ ...access, curves: cluster.curves });
  const client = createHttp1Client({
    host: url.host,
    readyEvent: secure ? 'secureConnect' : 'connect',
    connectTimeoutMs: timeouts.connect,
    connect: (onread) => connect({ onread }),
  });
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
    refreshCredential: () => void access.token.refresh(),
    dispatch: (request, handler) => client.dispatch(request, handler),
    connect: () => connect(),
    retire: () => client.retire(),
    async close() {
      client.close();
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
      return hosts.get(host.toLowerCase().replace(/:\d+$/, ''));
    },
    all: () => list,
    close: async () => void (await Promise.all(list.map((one) => one.close()))),
  };
}
