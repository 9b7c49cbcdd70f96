import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type AuditSink } from '@sallyport/audit-log';
import {
  createServiceClient,
  createSessionTokenVerifier,
  listenHttp,
  readPublicKey,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Readiness,
  type ServiceIdentity,
} from '@sallyport/kit';
import { createApiEvents } from './own-api/api-events.ts';
import { createClusterList } from './own-api/cluster-list.ts';
import { createFindCaller } from './own-api/find-caller.ts';
import { createClusterHostApi, createOwnApi } from './own-api/create-own-api.ts';
import { createPages, type PagesDeps } from './own-api/create-pages.ts';
import { scimPassing } from './own-api/scim-passing.ts';
import type { OwnApiDeps, PomeriumDeps } from './own-api/own-api-deps.ts';
import { createCheckClient } from './authorize/check-client.ts';
import { createClientAddress } from './listener/client-address.ts';
import { createClientCertificates } from './listener/client-certificate.ts';
import { createGatewayServer } from './listener/create-gateway-server.ts';
import { createRoad } from './road/create-road.ts';
import { followCertificate } from './listener/follow-certificate.ts';
import { isOwn } from './listener/is-own.ts';
import { onClusterHost } from './listener/on-cluster-host.ts';
import { createClusterSet } from './reload/cluster-set.ts';
import { startReloading } from './reload/start-reloading.ts';
import { createAnswerQuestion } from './streams/answer-question.ts';
import { createUnparsable } from './listener/unparsable.ts';

export type ProxyParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  identity: ServiceIdentity;
  sink: AuditSink;
  now: () => number;
};
/**
 * A running gateway: its port, the port of its plain login pages where there are some, how to have its configuration
 * read again, and its end.
 */
export type RunningProxy = { port: number; pagesPort: number | undefined; reload(): void; close(): Promise<void> };

const checkTimeoutMs = 1000;
/** What requests under way may take after the time for streams is over, in milliseconds. */
const closingMs = 2000;

type Callee = 'authenticate' | 'authorize' | 'audit';

/** The CA (PEM) that a service's certificate is verified by, where one is configured. */
function authorityOf({ config, resolvePath }: LoadedConfig, service: Callee): string | undefined {
  const { caFile } = config.services[service];
  return caFile === undefined ? undefined : readFileSync(resolvePath(caFile), 'utf8');
}

function connectServices({ loaded, identity }: ProxyParts) {
  const to = (audience: Callee) => {
    const ca = authorityOf(loaded, audience);
    return createServiceClient({
      url: loaded.config.services[audience].url,
      audience,
      identity,
      ...(ca === undefined ? {} : { ca }),
    });
  };
  return { authorize: to('authorize'), authenticate: to('authenticate'), audit: to('audit') };
}

/** What tokens of Pomerium's clients are judged by: the public key of authenticate, which signs them. */
function openPomerium(
  { loaded: { config }, now }: ProxyParts,
  origins: { gateway: string; login: string },
): PomeriumDeps | undefined {
  const { publicKey } = config.services.authenticate;
  if (publicKey === undefined || !config.login.pomerium) return undefined;
  const tokens = createSessionTokenVerifier({
    publicKey: readPublicKey(publicKey),
    gatewayUrl: config.gateway.url,
    now,
  });
  return { tokens, gatewayOrigin: origins.gateway, loginOrigin: origins.login };
}

/** What authenticate answers in the gateway's place. */
const passedOn = (deps: PagesDeps) => ({ pages: createPages(deps), scim: createPages(deps, scimPassing) });

/** Starts the gateway: clusters, the road, its own pages and API, its listeners. */
export async function startProxy(parts: ProxyParts): Promise<RunningProxy> {
  const { config, resolvePath } = parts.loaded;
  const clusters = await createClusterSet(config.clusters, {
    resolvePath,
    timeouts: config.timeouts,
    logger: parts.logger,
    now: parts.now,
  });
  const { upstreams } = clusters;
  const services = connectServices(parts);
  const checks = createCheckClient({ client: services.authorize, timeoutMs: checkTimeoutMs });
  const streamChecks = createCheckClient({ client: services.authorize, timeoutMs: checkTimeoutMs });
  const addressOf = createClientAddress(config.gateway.trustedProxies);
  const clientAddress = (request: IncomingMessage) =>
    addressOf(request.socket.remoteAddress, String(request.headers['x-forwarded-for'] ?? '') || undefined);
  const producer = `proxy/${randomUUID().slice(0, 8)}`;
  const tunnels = new Set<Duplex>();
  const clientCertificateOf = createClientCertificates({ asked: config.gateway.tls?.clientCaFile != null });
  const origins = {
    gateway: new URL(config.gateway.url).origin,
    login: new URL(config.login.url ?? config.gateway.url).origin,
  };
  const pomerium = openPomerium(parts, origins);
  const road = createRoad({
    ...parts,
    upstreams,
    checks,
    streamChecks,
    addressOf,
    producer,
    hashKey: randomBytes(32),
    settings: config,
    clientCertificateOf,
    tokens: pomerium?.tokens,
    track: (socket) => {
      tunnels.add(socket);
      socket.once('close', () => tunnels.delete(socket));
    },
  });
  const apiAt = (origin: string): OwnApiDeps => ({
    origin,
    kindsOf: (cluster) => road.kindsOf(upstreams.byName(cluster)),
    findCaller: createFindCaller({ client: checks }),
    clientAddress,
    clientCertificateOf,
    ...services,
    logger: parts.logger,
    clusters: createClusterList({ gatewayUrl: config.gateway.url, clusters: clusters.current }),
    auditCall: createApiEvents({ sink: parts.sink, now: parts.now, producer }),
    ...(pomerium ? { pomerium } : {}),
    ...passedOn({
      url: config.services.authenticate.url,
      ca: authorityOf(parts.loaded, 'authenticate'),
      identity: parts.identity,
      origin,
      clientAddress,
      logger: parts.logger,
    }),
  });
  const atGateway = apiAt(origins.gateway);
  const [ownApi, clusterHostApi] = [createOwnApi(atGateway), createClusterHostApi(atGateway)];
  const { tls } = config.gateway;
  const files = tls && {
    certFile: resolvePath(tls.certFile),
    keyFile: resolvePath(tls.keyFile),
    ...(tls.clientCaFile == null ? {} : { clientCaFile: resolvePath(tls.clientCaFile) }),
  };
  const server = createGatewayServer({
    ...road,
    tls: files && {
      cert: readFileSync(files.certFile, 'utf8'),
      key: readFileSync(files.keyFile, 'utf8'),
      ...(files.clientCaFile === undefined ? {} : { clientCa: readFileSync(files.clientCaFile, 'utf8') }),
      profile: tls,
    },
    ownApi: (request, response) => (onClusterHost(request, upstreams) ? clusterHostApi : ownApi)(request, response),
    isOwn: (request) => isOwn(request, onClusterHost(request, upstreams)),
    unparsable: createUnparsable(parts, producer),
  });
  const listening = await listenHttp(server, config.gateway.listen);
  const unfollow =
    files && followCertificate({ server: server as HttpsServer, files, profile: tls, logger: parts.logger });
  const pages = config.login.listen
    ? await listenHttp(createServer(createOwnApi(apiAt(origins.login))), config.login.listen)
    : undefined;
  parts.logger.info({ port: listening.port, clusters: config.clusters.map((one) => one.name) }, 'the gateway listens');
  const answerQuestion = createAnswerQuestion({
    registry: road.streams.registry,
    authorize: services.authorize,
    producer,
    logger: parts.logger,
  });
  const reloader = startReloading({
    ...parts,
    clusters,
    authorize: services.authorize,
    producer,
    onChange: (change) => {
      road.streams.hear(change);
      void answerQuestion(change);
    },
  });
  return {
    reload: () => void reloader.reload('signal'),
    port: listening.port,
    pagesPort: pages?.port,
    async close() {
      unfollow?.();
      // Nobody new is taken, short requests end by themselves, and streams are given time before they are told to go.
      const { drain } = config.streams;
      const stopped = Promise.all([listening.close(drain + closingMs), pages?.close(0)]);
      await road.streams.drain(drain);
      for (const socket of tunnels) socket.destroy();
      await stopped;
      road.streams.close();
      await reloader.close();
      await Promise.all([upstreams.close(), ...Object.values(services).map((one) => one.close())]);
    },
  };
}
