import type { Duplex } from 'node:stream';
import type { Change, Config } from '@sallyport/contracts';
import { createListeners, createSessionTokenVerifier, peerAttributes, type SessionTokenVerifier } from '@sallyport/kit';
import { createCheckClient, createConnectionCounter, type CheckClient } from '../authorize/check-client.ts';
import { createPages, readPageLook } from '@sallyport/pages';
import type { Connectors } from '../connectors/open-connectors.ts';
import { createAskCandidates } from '../hints/find-hint.ts';
import { createClientAddress } from '../listener/client-address.ts';
import { createClientCertificates } from '../listener/client-certificate.ts';
import type { ClusterSet } from '../reload/cluster-set.ts';
import type { RouteSet } from '../reload/route-set.ts';
import { announceStreams } from '../streams/announce-streams.ts';
import { createBeginRequestSpan } from '../tracing/request-span.ts';
import type { AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstreams } from '../upstream/upstream.ts';
import type { WebIdentity } from '../web-identity/open-web-identity.ts';
import { createApplicationClusters } from '../web-identity/read-application-token.ts';
import { createClusterIssuers } from '../workloads/cluster-issuers.ts';
import { createWorkloadSessions, type WorkloadSessions } from '../workloads/workload-sessions.ts';
import { composePortal } from './compose-portal.ts';
import { composeRoads } from './compose-roads.ts';
import { originsOf, type ProxyParts, type Services } from './connect-services.ts';
import type { OpenRecordings } from './open-recordings.ts';

const checkTimeoutMs = 1000;

/** Verifies the tokens of Pomerium's clients by the public keys of authenticate, which signs them. */
function createPomeriumTokens({ loaded, now, publicKeysOf }: ProxyParts): SessionTokenVerifier | undefined {
  const { gateway, login } = loaded.config;
  if (!login.pomerium) return undefined;
  return createSessionTokenVerifier({ publicKeys: () => publicKeysOf('authenticate'), gatewayUrl: gateway.url, now });
}

/**
 * Creates what begins the sessions of workloads, once it is known how clusters are asked. Undefined if none are
 * configured.
 */
function createWorkloads(
  { loaded, now, logger, metrics }: ProxyParts,
  upstreams: Upstreams,
  { authenticate }: Services,
): ((ask: AskRecorded) => WorkloadSessions) | undefined {
  const { workloads } = loaded.config;
  if (workloads.length === 0) return undefined;
  const clusters = [...new Set(workloads.flatMap(({ serviceAccounts }) => serviceAccounts?.cluster ?? []))];
  return (ask) =>
    createWorkloadSessions({
      workloads,
      gatewayOrigin: originsOf(loaded).gateway,
      issuers: createClusterIssuers({ clusters, upstreamOf: (name) => upstreams.byName(name), ask, now }),
      authenticate,
      clock: () => performance.now(),
      logger,
      metrics,
    });
}

function createTunnels() {
  const open = new Set<Duplex>();
  return {
    open,
    track(socket: Duplex) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    },
  };
}

/** Creates what asks authorize about requests, and about open streams, so that requests do not queue behind those. */
function createChecks({ loaded: { config }, metrics }: ProxyParts, { authorize }: Services) {
  const peer = peerAttributes(config.services.authorize.url);
  const count = createConnectionCounter(metrics);
  const create = (): CheckClient => createCheckClient({ client: authorize, timeoutMs: checkTimeoutMs, peer, count });
  return { checks: create(), streamChecks: create() };
}

type GatewayParts = {
  clusters: ClusterSet;
  routes: RouteSet;
  services: Services;
  webIdentity: WebIdentity;
  recordings: OpenRecordings | undefined;
  connectors: Connectors;
  /** The id of this replica. */
  replica: string;
};

/** Composes the gateway from its parts. */
export function composeGateway(parts: ProxyParts, opened: GatewayParts) {
  const { clusters, services, recordings, connectors, replica } = opened;
  const { routes } = opened.routes;
  const { signed } = opened.webIdentity;
  const { sink, logger, metrics, now, identity, tracer, loaded } = parts;
  const { config } = loaded;
  const { upstreams } = clusters;
  const { checks, streamChecks } = createChecks(parts, services);
  const beginSpan = tracer && createBeginRequestSpan(tracer, config.gateway.url);
  const addressOf = createClientAddress(config.gateway.trustedProxies);
  const tunnels = createTunnels();
  const hashKey = identity.secretFor('audit.execCommand');
  const clientCertificateOf = createClientCertificates({ asked: config.gateway.tls?.clientCaFile != null });
  const tokens = createPomeriumTokens(parts);
  const applicationClusters = createApplicationClusters(config.routes);
  let hasElevations = config.elevations.length > 0;
  const roads = composeRoads({
    sink,
    logger,
    metrics,
    now,
    upstreams,
    checks,
    streamChecks,
    addressOf,
    replica,
    hashKey,
    settings: config,
    track: tunnels.track,
    clientCertificateOf,
    tokens,
    applications: signed && { tokens: signed.tokens, clustersOf: applicationClusters.of },
    workloads: createWorkloads(parts, upstreams, services),
    beginSpan,
    recorder: recordings?.recorder,
    // The logo would be asked of the cluster, if the cluster has a host of its own.
    clusterPages: {
      pages: createPages({ ...readPageLook(config), logo: false }),
      gatewayUrl: originsOf(loaded).gateway,
      isPrivate: config.gateway.caFile != null,
    },
    hints: { candidates: createAskCandidates(services), enabled: () => hasElevations },
    web: { routeOf: routes.of, plainRouteOf: routes.plainOf, loginOrigin: originsOf(loaded).login },
  });
  const changes = createListeners<Change>();
  const { portal, portalOfLogin, upgradeOwn } = composePortal(parts, {
    clusters,
    routes,
    services,
    changes,
    connectors,
    checks,
    roads,
    hashKey,
    signed,
    tokens,
    addressOf,
    clientCertificateOf,
    beginSpan,
  });
  const stopAnnouncing = announceStreams({ registry: roads.streams.registry, authorize: services.authorize, logger });
  return {
    roads,
    portal,
    portalOfLogin,
    upgradeOwn,
    /** The sockets of open tunnels. */
    tunnels: tunnels.open,
    /** Takes what authorize announces. */
    onChange(change: Change): void {
      roads.streams.onChange(change);
      changes.tell(change);
    },
    release(): void {
      stopAnnouncing();
      roads.release();
    },
    /** Applies what can change while the gateway runs, except for the clusters. */
    apply({ elevations, routes: wanted }: Pick<Config, 'elevations' | 'routes'>): void {
      applicationClusters.use(wanted);
      hasElevations = elevations.length > 0;
    },
  };
}
export type ComposedGateway = ReturnType<typeof composeGateway>;
