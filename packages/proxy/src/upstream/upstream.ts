import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect, createSecureContext, type SecureContext } from 'node:tls';
import type { ClusterConfig } from '@sallyport/contracts';
import { createHttp1Client, type Http1Handler, type Http1Request } from '@sallyport/http1';
import type { ClusterAccess } from './cluster-access.ts';

/** One cluster as the gateway reaches it. */
export type Upstream = {
  name: string;
  host: string | undefined;
  /** Sends one request over a connection that is kept for the next. */
  dispatch(request: Http1Request, handler: Http1Handler): void;
  /** Stands before every path (a cluster behind another path-based gateway); usually empty. */
  basePath: string;
  hostHeader: string;
  /** The exact `system:` names that may go there. */
  allowSystem: ReadonlySet<string>;
  /** The gateway's own Authorization value for this cluster. */
  authorization(): string | undefined;
  /** The cluster refused the credential: read it again. */
  refreshCredential(): void;
  /** A connection of its own for an upgrade; never one of the pool. */
  connect(): Socket;
  /** Another takes its place: what is under way goes on to its end. */
  retire(): void;
  close(): Promise<void>;
};

export type UpstreamTimeouts = { connect: number; firstByte: number };

// SNI carries names only (RFC 6066, 3): for an address the certificate is checked against the address itself.
const serverNameOf = (access: ClusterAccess, hostname: string) =>
  access.serverName ?? (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

/**
 * Where a cluster is, and how a connection to it is made; `extra` goes to the socket. One TLS context serves them all.
 */
function createConnect(access: ClusterAccess): { url: URL; secure: boolean; connect(extra?: object): Socket } {
  const url = new URL(access.server);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const secureContext: SecureContext | undefined = secure
    ? createSecureContext({ ca: access.ca, cert: access.clientCert, key: access.clientKey })
    : undefined;
  const tls = secure ? { secureContext, servername: serverNameOf(access, hostname), ALPNProtocols: ['http/1.1'] } : {};
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true };
  const connect = (extra = {}) =>
    secure
      ? tlsConnect({ host: hostname, port, ...keepAlive, ...tls, ...extra })
      : netConnect({ host: hostname, port, ...keepAlive, ...extra });
  return { url, secure, connect };
}

/**
 * Creates the connections of one cluster, without a limit on their number: open watches must not keep the next request
 * waiting.
 */
export function createUpstream(deps: {
  cluster: ClusterConfig;
  access: ClusterAccess;
  timeouts: UpstreamTimeouts;
}): Upstream {
  const { cluster, access, timeouts } = deps;
  const { url, secure, connect } = createConnect(access);
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
    allowSystem: new Set(cluster.impersonate.allowSystem),
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
