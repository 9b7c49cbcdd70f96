import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { AuditRecord, Check, CheckAnswer } from '@sallyport/contracts';
import { configSchema } from '@sallyport/contracts';
import { type AuditSink } from '@sallyport/audit-log';
import { createLogger, createMetrics, ProblemError, type Tracer } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import type { Recorder } from '@sallyport/recordings';
import { type CheckClient, traceCheck } from '../authorize/check-client.ts';
import { createClientAddress } from '../listener/client-address.ts';
import { createGatewayServer } from '../listener/create-gateway-server.ts';
import { composeRoads, type Roads, type RoadsDeps } from '../gateway/compose-roads.ts';
import type { AccessReviews } from '../access-review/access-reviews.ts';
import type { LiveSessions } from '../recordings/live-sessions.ts';
import type { Streams } from '../streams/create-streams.ts';
import { createBeginRequestSpan } from '../tracing/request-span.ts';
import { createFixedTokenSource } from '../upstream/cluster-access.ts';
import { createUpstream, type Upstream, createUpstreams } from '../upstream/upstream.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import { server as serverCertificate, serverKey } from './client-certificates.ts';

export const gatewayToken = 'planted-gateway-token';
export const alice = {
  user: 'alice@example.com',
  uid: 'u1',
  groups: ['developers'],
  extra: { 'sallyport.dev/session': ['ses_1'] },
  droppedGroups: [],
};

/** Returns an answer of authorize that allows a request as `impersonation`. */
export function allow(impersonation: CheckAnswer['impersonation'] = alice): CheckAnswer {
  return {
    decision: { effect: 'allow', rule: 'cluster/dev[0].allow.or', reasons: ['email-ok'], policyVersion: 'v' },
    session: { id: 'ses_1', kind: 'cli', expiresAt: Date.now() + 60_000 },
    identity: {
      provider: 'corp',
      issuer: 'https://idp',
      subject: 's',
      user: 'alice@example.com',
      groups: ['developers'],
      amr: [],
    },
    impersonation,
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type SecureSettings = NonNullable<Parameters<typeof createGatewayServer>[0]['tls']>;
type Destroyable = { destroy(): void };

export type Rig = {
  port: number;
  server: Server;
  checks: Check[];
  events: AuditRecord[];
  /** The events of reserved IDs, which are about no request. */
  reservations: AuditRecord[];
  seen: IncomingMessage[];
  answer: (check: Check) => CheckAnswer;
  kafka: 'up' | 'down' | 'full';
  upstream: Server;
  /** How long Kafka takes to acknowledge an event, in milliseconds. */
  acknowledgeMs: number;
  /** Returns the metrics of the road as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Sends bytes unchanged, and returns everything that comes back until the connection closes or goes quiet. */
  raw(bytes: string | Buffer): Promise<string>;
  dial(): Socket;
  /** Listens with TLS, and for HTTP/2, in addition. */
  listenSecure(tls?: Partial<SecureSettings>): Promise<{ port: number; server: Server }>;
  close(): Promise<void>;
  streams: Streams;
  live: LiveSessions;
  reviews: AccessReviews;
  cluster: Upstream;
};

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function createSink(rig: Rig): AuditSink {
  return {
    publish: async (record) => {
      if (rig.kafka !== 'up') throw new ProblemError('audit-unavailable', 'The audit log is down.');
      await new Promise((resolve) => setTimeout(resolve, rig.acknowledgeMs));
      (record.type === 'audit.reservation' ? rig.reservations : rig.events).push(record);
    },
    enqueue: (record) => rig.events.push(record),
    hasRoom: () => rig.kafka !== 'full',
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function createRecordingUpstream(rig: Rig, handler: Handler, sockets: Set<Destroyable>): Server {
  const upstream = createServer({ maxHeaderSize: 128 * 1024 });
  upstream.on('request', (request, response) => {
    rig.seen.push(request);
    handler(request, response);
  });
  upstream.on('connection', (socket) => void sockets.add(socket));
  return upstream;
}

function createChecks(rig: Rig): CheckClient {
  return {
    check(check, span) {
      rig.checks.push(check);
      const answer = async () => rig.answer(check);
      return span ? traceCheck(span, undefined, answer) : answer();
    },
  };
}

function createDevCluster(server: string, settings: { streams: object; timeouts: object }) {
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1' },
    clusters: [{ name: 'dev', server, token: gatewayToken, host: 'dev.example.com' }],
    ...settings,
  });
  const access = {
    server,
    ca: undefined,
    serverName: undefined,
    token: createFixedTokenSource(gatewayToken),
    clientCert: undefined,
    clientKey: undefined,
  };
  const upstream = createUpstream({ cluster: config.clusters[0]!, access, timeouts: config.timeouts });
  return { config, upstreams: createUpstreams([upstream]) };
}

/**
 * Creates the road between raw sockets and a recording upstream (plain HTTP on loopback). The test decides how authorize
 * and Kafka answer. With `written` there is a spool, and the tickets are the numbers of the events.
 */
export async function createRig(
  handler: Handler,
  streams: object = {},
  timeouts: object = { firstByte: '30s' },
  written?: AuditSink['written'],
  hints?: RoadsDeps['hints'],
  web?: RoadsDeps['web'],
  workloads?: WorkloadSessions,
  tracing?: { tracer: Tracer; log?: (line: string) => void },
  recorder?: Recorder,
): Promise<Rig> {
  const empty = { checks: [], events: [], reservations: [], seen: [], kafka: 'up', acknowledgeMs: 1 };
  const rig = { ...empty, answer: () => allow() } as unknown as Rig;
  const sockets = new Set<Destroyable>();
  rig.upstream = createRecordingUpstream(rig, handler, sockets);
  const server = `http://127.0.0.1:${await listen(rig.upstream)}`;
  const { config, upstreams } = createDevCluster(server, { streams, timeouts });
  const metrics = createMetrics();
  const roads = composeRoads({
    sink: { ...createSink(rig), ...(written ? { written } : {}) },
    logger: createLogger(
      tracing?.log ? { service: 'proxy', destination: { write: tracing.log } } : { service: 'proxy', level: 'silent' },
    ),
    metrics,
    now: Date.now,
    upstreams,
    replica: 'proxy/test',
    hashKey: Buffer.from('k'),
    settings: config,
    addressOf: createClientAddress([]),
    track: (socket) => void sockets.add(socket),
    clusterPages: {
      pages: createPages({ host: 'gate.example.com' }),
      gatewayUrl: 'https://gate.example.com',
      isPrivate: true,
    },
    ...(hints && { hints }),
    ...(web && { web }),
    ...(workloads && { workloads: () => workloads }),
    ...(recorder && { recorder }),
    ...(tracing && { beginSpan: createBeginRequestSpan(tracing.tracer, 'https://gate.example.com:8443') }),
    checks: createChecks(rig),
  });
  Object.assign(rig, {
    streams: roads.streams,
    live: roads.live,
    reviews: roads.reviews,
    cluster: upstreams.byName('dev'),
  });
  const createServerWith = (tls: SecureSettings | undefined) => createListener(rig, roads, tls);
  rig.server = createServerWith(undefined);
  rig.port = await listen(rig.server);
  const servers = [rig.server, rig.upstream];
  rig.listenSecure = async (tls) => {
    const secure = createServerWith({ cert: serverCertificate, key: serverKey, ...tls });
    secure.on('secureConnection', (socket: Destroyable) => void sockets.add(socket));
    servers.push(secure);
    return { port: await listen(secure), server: secure };
  };
  const dial = () => dialTo(rig.port, sockets);
  const raw = (bytes: string | Buffer) => exchangeBytes(dial(), bytes);
  Object.assign(rig, { metrics: () => metrics.metrics(), dial, raw });
  rig.close = async () => {
    for (const socket of sockets) socket.destroy();
    for (const one of servers) await closeServer(one);
    roads.streams.close();
    await upstreams.close();
  };
  return rig;
}

function createListener(rig: Rig, roads: Roads, tls: SecureSettings | undefined): Server {
  return createGatewayServer({
    begin: roads.begin,
    take: roads.take,
    recorder: roads.recorder,
    tls,
    http2: { isForApplication: roads.isForApplication },
    isOwn: () => false,
    answerOwn: () => {},
    recordUnparsable: (_socket, message, code) =>
      void rig.events.push({ type: 'request.unparsable', data: { responseStatus: { code, message } } } as AuditRecord),
  });
}

/** Connects like a client. Its side stays open when the gateway has ended the connection, so it ends with the rig. */
function dialTo(port: number, sockets: Set<Destroyable>): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  return socket;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

async function exchangeBytes(socket: Socket, bytes: string | Buffer): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk) => void chunks.push(chunk));
  socket.write(bytes);
  // A busy machine takes seconds to answer, and pauses within a response. Only a connection that stays open needs a guess.
  const quietMs = /\r\nconnection: close\r\n/i.test(String(bytes)) ? 30_000 : 150;
  let timer: NodeJS.Timeout;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 30_000);
    socket.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, quietMs);
    });
    socket.on('close', () => resolve());
    socket.on('end', () => resolve());
  });
  clearTimeout(timer!);
  socket.destroy();
  return Buffer.concat(chunks).toString('utf8');
}
