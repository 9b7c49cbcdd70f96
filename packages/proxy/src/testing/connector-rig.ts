import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { CarrierError } from '@sallyport/carrier';
import { openCarrier, type OpenCarrier, type OpenCarrierDeps } from '@sallyport/carrier/connector';
import { configSchema, type AuditRecord, type Config } from '@sallyport/contracts';
import { createLogger, createMetrics, type LoadedConfig, type Metrics, type ServiceClient } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import { openConnectors, type Connectors } from '../connectors/open-connectors.ts';
import { createWebRoutes, type WebRoutes } from '../exchange/web-route.ts';
import { composeRoads, type Roads, type RoadsDeps } from '../gateway/compose-roads.ts';
import { createClientAddress } from '../listener/client-address.ts';
import { createGatewayServer } from '../listener/create-gateway-server.ts';
import { createClusterSet, type ClusterSet } from '../reload/cluster-set.ts';
import { createRouteIdentities } from '../web-identity/route-identity.ts';
import { createWebRoute } from '../web/create-web-route.ts';
import { server as certificate, serverKey } from './client-certificates.ts';
import { alice, allow } from './gateway-rig.ts';
import { allowWeb, appHost } from './web-rig.ts';

type Keys = { privateKey: KeyObject; publicKey: KeyObject };

/** One replica of the gateway. */
export type Replica = {
  id: string;
  url: URL;
  connectors: Connectors;
  clusters: ClusterSet;
  roads: Roads;
  events: AuditRecord[];
  metrics: Metrics;
  close(): Promise<void>;
};

type Options = {
  /** More settings of the cluster `factory`. */
  cluster?: object;
  /** Answers in the private network: as the API server, and as the web application. */
  answer?: RequestListener;
  /** The certificate of the API server. */
  tls?: { cert: string; key: string };
};

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Echoes what comes over an upgrade, and says which protocol it was. */
function echo(request: IncomingMessage, socket: Duplex): void {
  const { upgrade } = request.headers;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
  socket.on('error', () => {}).pipe(socket);
}

type RoadParts = {
  config: Config;
  common: Pick<RoadsDeps, 'sink' | 'logger' | 'metrics' | 'now'>;
  connectors: Connectors;
  clusters: ClusterSet;
  routes: WebRoutes;
};

async function openRoads({ config, common, connectors, clusters, routes }: RoadParts) {
  const sockets = new Set<Duplex>();
  const roads = composeRoads({
    ...common,
    upstreams: clusters.upstreams,
    checks: { check: async ({ target }) => (target.kind === 'cluster' ? allow(alice) : allowWeb()) },
    addressOf: createClientAddress([]),
    replica: 'proxy/test',
    hashKey: Buffer.from('k'),
    settings: config,
    track: (socket) => void sockets.add(socket),
    clusterPages: { pages: createPages({ host: 'gate' }), gatewayUrl: 'http://gate.example.com', isPrivate: false },
    web: { routeOf: (request) => routes.of(request), loginOrigin: 'http://gate.example.com' },
  });
  const gateway = createGatewayServer({
    begin: roads.begin,
    take: roads.take,
    recorder: roads.recorder,
    tls: undefined,
    isOwn: ({ url }) => url!.startsWith('/.sallyport/'),
    answerOwn: (_request, response) => void response.writeHead(404).end(),
    upgradeOwn: (request) => connectors.upgrade(request, request.socket.remoteAddress ?? ''),
    recordUnparsable: () => {},
  });
  await listen(gateway);
  return { roads, gateway, sockets };
}

type ReplicaParts = {
  config: Config;
  keys: Keys;
  authorize: Pick<ServiceClient, 'request'>;
  /** The file with the CA of the API server. */
  authority: string;
  id: string;
  onClosed(replica: Replica): void;
};

async function openReplica({ config, keys, authorize, authority, id, onClosed }: ReplicaParts): Promise<Replica> {
  const events: AuditRecord[] = [];
  const logger = createLogger({ service: 'proxy', level: 'silent' });
  const common = { metrics: createMetrics(), logger, now: Date.now };
  const sink = {
    publish: async (record: AuditRecord) => void events.push(record),
    enqueue: (record: AuditRecord) => events.push(record),
    hasRoom: () => true,
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const connectors = await openConnectors({
    ...common,
    loaded: { config, file: 'sallyport.yaml' } as LoadedConfig,
    privateKey: () => keys.privateKey,
    publicKeysOf: () => [keys.publicKey],
    sink,
    authorize,
    replica: id,
  });
  const { through } = connectors;
  const { timeouts } = config;
  const resolvePath = () => authority;
  const clusters = await createClusterSet(config.clusters, { ...common, through, timeouts, resolvePath });
  const route = await createWebRoute(config.routes[0]!, {
    resolvePath,
    through,
    timeouts,
    look: { host: 'gate.example.com' },
    identityOf: createRouteIdentities({
      signed: undefined,
      gatewayOrigin: 'http://gate.example.com',
      provider: undefined,
      now: Date.now,
    }),
  });
  const routes = createWebRoutes([route]);
  const { roads, gateway, sockets } = await openRoads({
    config,
    common: { ...common, sink },
    connectors,
    clusters,
    routes,
  });
  const replica: Replica = {
    id,
    url: new URL(`http://127.0.0.1:${portOf(gateway)}`),
    connectors,
    clusters,
    roads,
    events,
    metrics: common.metrics,
    async close() {
      onClosed(replica);
      await connectors.close();
      gateway.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      roads.streams.close();
      route.retire();
      await clusters.upstreams.close();
      await new Promise((resolve) => gateway.close(resolve));
    },
  };
  return replica;
}

/** Starts an API server and a web application, and keeps what they are asked. */
async function startPrivateNetwork(options: Options) {
  const seen: IncomingMessage[] = [];
  const answer: RequestListener = (request, response) => {
    seen.push(request);
    if (options.answer) options.answer(request, response);
    else response.end(`${request.url} as ${String(request.headers['impersonate-user'] ?? 'nobody')}`);
  };
  const apiServer = createHttpsServer(options.tls ?? { cert: certificate, key: serverKey }, answer);
  const app = createServer(answer);
  for (const one of [apiServer, app]) {
    one.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      seen.push(request);
      echo(request, socket);
    });
    await listen(one);
  }
  return { apiServer, app, seen };
}

function configFor({ server, app, key }: { server: string; app: Server; key: KeyObject }, options: Options): Config {
  return configSchema.parse({
    gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
    login: { url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080' },
    services: { proxy: { peer: { listen: '127.0.0.1:0', address: '127.0.0.1:1' } } },
    connectors: [{ name: 'factory', publicKeys: [spki(key)] }],
    clusters: [
      {
        name: 'factory',
        server: `https://${server}`,
        caFile: 'ca',
        connector: 'factory',
        credential: 'connector',
        ...options.cluster,
      },
    ],
    routes: [{ from: `https://${appHost}`, to: `http://127.0.0.1:${portOf(app)}`, connector: 'factory' }],
  });
}

/** Creates authorize, to which every replica reports. */
const authorizeFor = (replicas: readonly Replica[]) => ({
  request: async () => ({
    status: 200,
    headers: {},
    body: {
      replicas: replicas.map(({ id, connectors }) => ({
        service: 'proxy',
        id,
        host: 'pod',
        version: 'v',
        since: 0,
        startedAt: 0,
        restartNeeded: [],
        ...connectors.report.status(),
        peerAddress: `127.0.0.1:${connectors.peerPort}`,
      })),
    },
  }),
});

/**
 * Creates a private network with an API server and a web application, replicas of the gateway that cannot dial it, and
 * connectors in it.
 */
export async function createConnectorRig(options: Options = {}) {
  const gatewayKeys: Keys = generateKeyPairSync('ed25519');
  const connectorKeys: Keys = generateKeyPairSync('ed25519');
  const { apiServer, app, seen } = await startPrivateNetwork(options);
  const server = `localhost:${portOf(apiServer)}`;
  const config = configFor({ server, app, key: connectorKeys.publicKey }, options);
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-connectors-'));
  const authority = path.join(directory, 'ca.crt');
  writeFileSync(authority, certificate);
  const replicas: Replica[] = [];
  const carriers: OpenCarrier[] = [];
  const dialled: string[] = [];
  const authorize = authorizeFor(replicas);

  let count = 0;
  const startReplica = async (keys = gatewayKeys): Promise<Replica> => {
    const replica = await openReplica({
      config,
      keys,
      authorize,
      authority,
      id: `proxy/${(count += 1)}`,
      onClosed: (closed) => replicas.splice(replicas.indexOf(closed), 1),
    });
    replicas.push(replica);
    return replica;
  };

  /** Connects the connector to a replica. It reaches the API server and the application, and nothing else. */
  async function startConnector(replica: Replica, deps: Partial<OpenCarrierDeps> = {}): Promise<OpenCarrier> {
    const reach = [server, `127.0.0.1:${portOf(app)}`];
    const carrier = await openCarrier({
      url: replica.url,
      async connectSocket({ hostname, port }) {
        const socket = connect(Number(port), hostname);
        await once(socket, 'connect');
        return socket;
      },
      privateKey: connectorKeys.privateKey,
      gatewayKeys: [gatewayKeys.publicKey],
      hello: () => ({ version: '1.2.3', reach, token: { server } }),
      token: { current: () => ({ token: 'token-of-factory', secondsLeft: 600 }), subscribe: () => () => {} },
      async dial({ host, port }): Promise<Socket> {
        dialled.push(`${host}:${port}`);
        if (!reach.includes(`${host}:${port}`)) throw new CarrierError('not-allowed', 'it is not on the list');
        const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
        await once(socket, 'connect');
        return socket;
      },
      ...deps,
    });
    carriers.push(carrier);
    return carrier;
  }

  return {
    config,
    server,
    seen,
    dialled,
    gatewayKeys,
    startReplica,
    startConnector,
    async close() {
      await Promise.all(carriers.map((one) => one.close()));
      for (const replica of replicas.slice()) await replica.close();
      for (const one of [apiServer, app]) {
        one.closeAllConnections();
        one.close();
      }
      rmSync(directory, { recursive: true });
    },
  };
}
export type ConnectorRig = Awaited<ReturnType<typeof createConnectorRig>>;
