import type { Socket } from 'node:net';
import { readAllowSystem, type AllowSystem, type ClusterConfig } from '@sallyport/contracts';
import { createHttp1Client, type Http1Handler, type Http1Request } from '@sallyport/http1';
import type { ClusterAccess } from './cluster-access.ts';
import { createConnect } from './create-connect.ts';

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
