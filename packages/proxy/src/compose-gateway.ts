import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Config } from '@sallyport/contracts';
import { createSessionTokenVerifier, peerAttributes } from '@sallyport/kit';
import { createPages, readPageLook } from '@sallyport/pages';
import { createAskCandidates } from './hints/find-hint.ts';
import { createCheckClient, type CheckClient } from './authorize/check-client.ts';
import { authorityOf, type Services, type ProxyParts } from './connect-services.ts';
import type { LandingSettings, PortalDeps, PomeriumDeps } from './portal/calls/portal-deps.ts';
import { createClientAddress } from './listener/client-address.ts';
import { createClientCertificates } from './listener/client-certificate.ts';
import { createHiddenText, type HideFor } from './audit/hidden-text.ts';
import { createApiEvents } from './portal/calls/api-events.ts';
import { createClusterList } from './portal/api/cluster-list.ts';
import { createServiceProxy, scimPassRules, webhookPassRules } from './portal/calls/service-proxy.ts';
import { createFindCaller } from './portal/calls/find-caller.ts';
import { createPagesPortal, createPortal, type Portal } from './portal/create-portal.ts';
import { loadLogo } from './portal/pages/serve-logo.ts';
import type { ClusterSet } from './reload/cluster-set.ts';
import type { RouteSet } from './reload/route-set.ts';
import { createRoad, type Road } from './road/create-road.ts';
import { createApplicationClusters } from './web-identity/read-application-token.ts';
import type { WebIdentity } from './web-identity/open-web-identity.ts';
import type { AskRecorded } from './upstream/ask-cluster.ts';
import type { Upstreams } from './upstream/upstream.ts';
import { createBeginRequestSpan } from './tracing/request-span.ts';
import { createClusterIssuers } from './workloads/cluster-issuers.ts';
import { createWorkloadSessions, type WorkloadSessions } from './workloads/workload-sessions.ts';
import { partsOfRoutes } from './web/parts-of-routes.ts';

/** The gateway before it listens: the road, and what its own pages and API need. */
export type ComposedGateway = {
  road: Road;
  replica: string;
  /** The sockets of open tunnels. */
  tunnels: ReadonlySet<Duplex>;
  portal: Portal;
  /** For the login pages, which may have a separate origin. */
  portalOfLogin(): Portal;
  /** Applies what can change while the gateway runs, except for the clusters. */
  apply(config: Pick<Config, 'elevations' | 'routes'>): void;
};

const checkTimeoutMs = 1000;

/** Verifies the tokens of Pomerium's clients by the public keys of authenticate, which signs them. */
function createPomerium(
  { loaded: { config }, now, publicKeysOf }: ProxyParts,
  origins: Origins,
): PomeriumDeps | undefined {
  if (!config.login.pomerium) return undefined;
  const tokens = createSessionTokenVerifier({
    publicKeys: () => publicKeysOf('authenticate'),
    gatewayUrl: config.gateway.url,
    now,
  });
  return { tokens, gatewayOrigin: origins.gateway, loginOrigin: origins.login };
}

/** Creates what begins the sessions of workloads, with what asks clusters. Undefined if none are configured. */
function createWorkloads(
  parts: ProxyParts,
  upstreams: Upstreams,
  { authenticate }: Services,
): ((ask: AskRecorded) => WorkloadSessions) | undefined {
  const { workloads } = parts.loaded.config;
  if (workloads.length === 0) return undefined;
  const clusters = [...new Set(workloads.flatMap(({ serviceAccounts }) => serviceAccounts?.cluster ?? []))];
  return (ask) =>
    createWorkloadSessions({
      ...parts,
      workloads,
      gatewayOrigin: originsOf(parts.loaded).gateway,
      issuers: createClusterIssuers({ clusters, upstreamOf: (name) => upstreams.byName(name), ask, now: parts.now }),
      authenticate,
      clock: () => performance.now(),
    });
}

type Origins = { gateway: string; login: string };

function originsOf({ config }: ProxyParts['loaded']): Origins {
  return {
    gateway: new URL(config.gateway.url).origin,
    login: new URL(config.login.url ?? config.gateway.url).origin,
  };
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

function landingSettingsOf({ loaded, now }: ProxyParts): LandingSettings {
  const { gateway, identity } = loaded.config;
  const names = new Map(identity.providers.map(({ id, name }) => [id, name ?? id]));
  return {
    gatewayUrl: gateway.url,
    loginOrigin: originsOf(loaded).login,
    providerName: (id) => names.get(id) ?? id,
    now,
  };
}

type ApiParts = Pick<
  PortalDeps,
  | 'identityKeys'
  | 'workloads'
  | 'rulesOfPerson'
  | 'clientCertificateOf'
  | 'kindsOf'
  | 'beginSpan'
  | 'findCaller'
  | 'clientAddress'
  | 'routeOrigin'
  | 'applications'
> & {
  pomerium: PomeriumDeps | undefined;
  hideFor: HideFor;
};

/** Creates what the gateway's own pages and API need at one origin. */
function createApiDeps(
  parts: ProxyParts,
  clusters: ClusterSet,
  services: Services,
  { pomerium, hideFor, ...given }: ApiParts,
): (origin: string) => PortalDeps {
  const { config } = parts.loaded;
  const logo = loadLogo(parts.loaded);
  const ownPages = createPages(readPageLook(config));
  return (origin) => {
    const passTo = (service: 'authenticate' | 'audit') => ({
      service,
      url: config.services[service].url,
      ca: authorityOf(parts.loaded, service),
      identity: parts.identity,
      origin,
      clientAddress: given.clientAddress,
      ownPages,
      logger: parts.logger,
    });
    const passedOn = passTo('authenticate');
    return {
      ...given,
      ...services,
      pomerium,
      origin,
      logger: parts.logger,
      recheckMs: config.streams.recheck,
      clusters: createClusterList({ gatewayUrl: config.gateway.url, clusters: clusters.current }),
      auditCall: createApiEvents({ sink: parts.sink, now: parts.now, hideFor }),
      pages: createServiceProxy(passedOn),
      ownPages,
      logo,
      landing: landingSettingsOf(parts),
      scim: createServiceProxy(passedOn, scimPassRules),
      auditWebhook: createServiceProxy(passTo('audit'), webhookPassRules),
    };
  };
}

function createAddressOfRequest(addressOf: ReturnType<typeof createClientAddress>) {
  return ({ socket, headers }: IncomingMessage) =>
    addressOf(socket.remoteAddress, String(headers['x-forwarded-for'] ?? '') || undefined);
}

function createChecks({ loaded: { config } }: ProxyParts, { authorize }: Services): CheckClient {
  const peer = peerAttributes(config.services.authorize.url);
  return createCheckClient({ client: authorize, timeoutMs: checkTimeoutMs, peer });
}

function beginSpanOf({ tracer, loaded: { config } }: ProxyParts) {
  return tracer && createBeginRequestSpan(tracer, config.gateway.url);
}

/** Composes the gateway from its parts. */
export function composeGateway(
  parts: ProxyParts,
  clusters: ClusterSet,
  { routes }: RouteSet,
  services: Services,
  webIdentity: WebIdentity,
): ComposedGateway {
  const [{ config }, { upstreams }] = [parts.loaded, clusters];
  const [checks, beginSpan] = [createChecks(parts, services), beginSpanOf(parts)];
  const addressOf = createClientAddress(config.gateway.trustedProxies);
  const [replica, tunnels] = [`proxy/${randomUUID().slice(0, 8)}`, createTunnels()];
  const [hashKey, origins] = [parts.identity.secretFor('audit.execCommand'), originsOf(parts.loaded)];
  const clientCertificateOf = createClientCertificates({ asked: config.gateway.tls?.clientCaFile != null });
  const [pomerium, web] = [createPomerium(parts, origins), partsOfRoutes(routes, { loginOrigin: origins.login })];
  const applicationClusters = createApplicationClusters(config.routes);
  let hasElevations = config.elevations.length > 0;
  const road = createRoad({
    ...parts,
    upstreams,
    checks,
    streamChecks: createChecks(parts, services),
    addressOf,
    replica,
    beginSpan,
    hashKey,
    settings: config,
    clientCertificateOf,
    tokens: pomerium?.tokens,
    applications: webIdentity.signed && { tokens: webIdentity.signed.tokens, clustersOf: applicationClusters.of },
    workloads: createWorkloads(parts, upstreams, services),
    track: tunnels.track,
    web: web.road,
    hints: { candidates: createAskCandidates(services), enabled: () => hasElevations },
  });
  const apiAt = createApiDeps(parts, clusters, services, {
    pomerium,
    hideFor: createHiddenText(config.audit.execCommand, hashKey),
    clientCertificateOf,
    identityKeys: webIdentity.signed,
    beginSpan,
    kindsOf: (cluster) => road.kindsOf(upstreams.byName(cluster)),
    async rulesOfPerson(name, person) {
      const cluster = upstreams.byName(name);
      return cluster && road.reviews.rulesOfPerson({ cluster, ...person });
    },
    workloads: road.workloads,
    ...web.api,
    findCaller: createFindCaller({ client: checks, workloads: road.workloads }),
    clientAddress: createAddressOfRequest(addressOf),
  });
  return {
    road,
    replica,
    tunnels: tunnels.open,
    portal: createPortal(apiAt(origins.gateway), { routes, clusters: upstreams }),
    portalOfLogin: () => createPagesPortal(apiAt(origins.login), routes),
    apply({ elevations, routes }) {
      applicationClusters.use(routes);
      hasElevations = elevations.length > 0;
    },
  };
}
