import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect, createSecureContext, type SecureContext } from 'node:tls';
import type { ClusterConfig } from '@sallyport/contracts';
import { Pool } from 'undici';
import type { ClusterAccess } from './cluster-access.ts';

/** One cluster as the gateway reaches it. */
export type Upstream = {
  name: string;
  host: string | undefined;
  pool: Pool;
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
  close(): Promise<void>;
};

export type UpstreamTimeouts = { connect: number; firstByte: number };

// SNI carries names only (RFC 6066, 3): for an address the certificate is checked against the address itself.
const serverNameOf = (access: ClusterAccess, hostname: string) => access.serverName ?? (/^[\d.]+$|:/.test(hostname) ? undefined : hostname);

/** Creates the pool of one cluster, without a limit on connections: open watches must not keep the next request waiting. One TLS context serves them all. */
export function createUpstream(deps: { cluster: ClusterConfig; access: ClusterAccess; timeouts: UpstreamTimeouts }): Upstream {
  const { cluster, access, timeouts } = deps;
  const url = new URL(access.server);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const secureContext: SecureContext | undefined = secure ? createSecureContext({ ca: access.ca, cert: access.clientCert, key: access.clientKey }) : undefined;
  const servername = serverNameOf(access, hostname);
  const pool = new Pool(url.origin, {
    connections: null, pipelining: 1, bodyTimeout: 0, headersTimeout: timeouts.firstByte, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 600_000, maxHeaderSize: 65_536, allowH2: false,
    connect: { timeout: timeouts.connect, keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true, ...(secure ? { secureContext, servername, ALPNProtocols: ['http/1.1'] } : {}) },
  });
  return {
    name: cluster.name, host: cluster.host ?? undefined, pool, basePath: url.pathname === '/' ? '' : url.pathname, hostHeader: url.host,
    allowSystem: new Set(cluster.impersonate.allowSystem),
    authorization() {
      const token = access.token.current();
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    refreshCredential: () => void access.token.refresh(),
    connect() {
      const socket = secure ? tlsConnect({ host: hostname, port, secureContext, servername, ALPNProtocols: ['http/1.1'] }) : netConnect({ host: hostname, port });
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      return socket;
    },
    close: () => pool.destroy(),
  };
}
