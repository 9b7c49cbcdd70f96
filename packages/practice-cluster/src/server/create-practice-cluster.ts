import { randomBytes, randomUUID } from 'node:crypto';
import { createServer as createHttpServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAccountTokens } from '../access/account-tokens.ts';
import { createAuthenticate, type TokenIdentity } from '../access/authenticate.ts';
import type { Cluster } from '../access/call.ts';
import { createAccess } from '../access/rbac.ts';
import type { ClusterAuditEvent } from '../audit/cluster-audit-event.ts';
import { runControllers } from '../controllers/run-controllers.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { seedBindings, seedRoles } from '../seed/roles.ts';
import { plant, seedWorkloads } from '../seed/workloads.ts';
import { ObjectStore } from '../store/object-store.ts';
import { handleRequest, type PracticeRequest, type RequestDeps } from './handle-request.ts';

/** The version at `/version`, which shows that this is not a real Kubernetes. */
const practiceVersion = 'v1.36.0+sallyport.practice';

export type PracticeClusterOptions = {
  /** Certificate and key as PEM. Without them the cluster uses plain HTTP. */
  tls?: { certPem: string; keyPem: string };
  /** Callers by bearer token, such as the gateway, in addition to the administrator. */
  tokens?: Readonly<Record<string, TokenIdentity>>;
  /** The administrator's token (group system:masters). Random by default. */
  adminToken?: string;
  /** Users that may impersonate. By default, all users of `tokens`. */
  impersonators?: readonly string[];
  /**
   * Groups that may be impersonated, by exact name. By default, all groups. A request that names any other group is
   * refused.
   */
  impersonatableGroups?: readonly string[];
  /** Additional initial objects. */
  seed?: readonly KubeObject[];
  onRequest?: (request: PracticeRequest) => void;
  /** Gets each event of the cluster's own audit log. */
  onAudit?: (event: ClusterAuditEvent) => void;
  /** Milliseconds since the epoch. */
  clock?: () => number;
};

export type PracticeCluster = {
  /** Starts to listen (port 0: any free port) and resolves to the URL. */
  listen: (host?: string, port?: number) => Promise<string>;
  /** Throws before it listens. */
  readonly url: string;
  readonly adminToken: string;
  readonly version: string;
  /** Closes every stream and connection, and stops listening. */
  close: () => Promise<void>;
};

/** Creates a small API server in memory. It is not a real Kubernetes, and says so: nothing runs in its pods. */
export function createPracticeCluster(options: PracticeClusterOptions = {}): PracticeCluster {
  const {
    clock = Date.now,
    adminToken = randomBytes(32).toString('base64url'),
    tokens = {},
    onRequest = () => undefined,
    onAudit = () => undefined,
  } = options;
  const closing = new AbortController();
  const store = new ObjectStore();
  const cluster: Cluster = {
    store,
    access: createAccess(store),
    tokens: createAccountTokens({ store, clock, randomUUID }),
    clock,
    randomUUID,
    version: practiceVersion,
    closing: closing.signal,
  };
  const stopControllers = runControllers(cluster);
  const impersonators = options.impersonators ?? Object.values(tokens).map(({ user }) => user);
  plant(cluster, [
    ...seedWorkloads(),
    ...seedRoles({ groups: options.impersonatableGroups ?? ['*'] }),
    ...seedBindings(impersonators),
    ...(options.seed ?? []),
  ]);
  const administrator = { user: 'kubernetes-admin', groups: ['system:masters'] };
  const authenticate = createAuthenticate({ ...tokens, [adminToken]: administrator }, cluster.tokens);
  const server = createServer({ cluster, authenticate, onRequest, onAudit }, options.tls);
  const sockets = new Set<Duplex>();
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    adminToken,
    version: practiceVersion,
    get url() {
      const address = server.address() as AddressInfo | null;
      if (address === null) throw new Error('the practice cluster is not listening yet');
      return `${options.tls === undefined ? 'http' : 'https'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    async listen(host = '127.0.0.1', port = 0) {
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
      return this.url;
    },
    async close() {
      closing.abort();
      stopControllers();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Connections that clients keep open are closed.
      const deadline = setTimeout(() => sockets.forEach((socket) => socket.destroy()), 500);
      await closed;
      clearTimeout(deadline);
    },
  };
}

function createServer(deps: RequestDeps, tls: PracticeClusterOptions['tls']): Server {
  const limits = { requestTimeout: 0, maxHeaderSize: 256 * 1024, noDelay: true };
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handleRequest(deps, request, response);
  const server =
    tls === undefined
      ? createHttpServer(limits, listener)
      : createHttpsServer({ ...limits, cert: tls.certPem, key: tls.keyPem, ALPNProtocols: ['http/1.1'] }, listener);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket as Socket);
    } catch {
      // An earlier request on this connection has not been answered yet.
      return void socket.destroy();
    }
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    void handleRequest(deps, request, response, { socket, head });
  });
  return server as Server;
}
