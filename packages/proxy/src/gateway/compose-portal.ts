import type { IncomingMessage } from 'node:http';
import type { Change } from '@sallyport/contracts';
import type { Listeners, SessionTokenVerifier, Span } from '@sallyport/kit';
import { createPages, readPageLook } from '@sallyport/pages';
import { createHiddenText } from '../audit/hidden-text.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Connectors } from '../connectors/open-connectors.ts';
import { openDownloads } from '../downloads/open-downloads.ts';
import type { WebRoutes } from '../exchange/web-route.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { createClusterList } from '../portal/calls/ask-reach.ts';
import { createApiEvents } from '../portal/calls/api-events.ts';
import { createFindCaller } from '../portal/calls/find-caller.ts';
import type { LandingSettings, PortalDeps } from '../portal/calls/portal-deps.ts';
import { createServiceProxy, scimPassRules, webhookPassRules } from '../portal/calls/service-proxy.ts';
import { createPagesPortal, createPortal } from '../portal/create-portal.ts';
import { loadLogo } from '../portal/pages/serve-logo.ts';
import type { ClusterSet } from '../reload/cluster-set.ts';
import type { Signed } from '../web-identity/open-web-identity.ts';
import type { Roads } from './compose-roads.ts';
import { authorityOf, originsOf, type ProxyParts, type Services } from './connect-services.ts';

type PortalParts = {
  clusters: ClusterSet;
  routes: WebRoutes;
  services: Services;
  /** What authorize announces. */
  changes: Pick<Listeners<Change>, 'add'>;
  connectors: Pick<Connectors, 'upgrade' | 'states'>;
  checks: CheckClient;
  roads: Pick<Roads, 'kindsOf' | 'reviews' | 'workloads'>;
  /** The key for hashes of commands. */
  hashKey: Buffer;
  /** The keys that sign identities, if there are any. */
  signed: Signed | undefined;
  /** Verifies the tokens of Pomerium's clients, if they are accepted. */
  tokens: SessionTokenVerifier | undefined;
  addressOf(peer: string | undefined, forwardedFor: string | undefined): string;
  clientCertificateOf: ClientCertificateOf;
  beginSpan: ((request: IncomingMessage) => Span | undefined) | undefined;
};

function landingSettingsOf({ loaded, now }: ProxyParts): LandingSettings {
  const { gateway, identity } = loaded.config;
  const names = new Map(identity.providers.map(({ id, name }) => [id, name ?? id]));
  return {
    gatewayUrl: gateway.url,
    isPrivate: gateway.caFile != null,
    loginOrigin: originsOf(loaded).login,
    providerName: (id) => names.get(id) ?? id,
    now,
  };
}

/** What the portal asks of clusters. It knows them by their names, and has no credential for any. */
function clustersFor({ loaded: { config } }: ProxyParts, { clusters, roads }: PortalParts) {
  const { upstreams, current } = clusters;
  return {
    clusters: createClusterList({
      gatewayUrl: config.gateway.url,
      clusters: current,
      watchesOver: (name) => upstreams.byName(name)?.watchProtocol(),
    }),
    kindsOf: (cluster) => roads.kindsOf(upstreams.byName(cluster)),
    async rulesOfPerson(name, person) {
      const cluster = upstreams.byName(name);
      return cluster && roads.reviews.rulesOfPerson({ cluster, ...person });
    },
  } satisfies Partial<PortalDeps>;
}

/** Composes the gateway's own pages and API. */
export function composePortal(parts: ProxyParts, own: PortalParts) {
  const { loaded, identity, sink, now, logger } = parts;
  const { config } = loaded;
  const { services, connectors, routes, addressOf, clientCertificateOf, beginSpan, signed, tokens } = own;
  const { workloads } = own.roads;
  const origins = originsOf(loaded);
  const logo = loadLogo(loaded);
  const downloads = openDownloads(parts);
  const ownPages = createPages(readPageLook(config));
  const clientAddress = ({ socket, headers }: IncomingMessage) =>
    addressOf(socket.remoteAddress, String(headers['x-forwarded-for'] ?? '') || undefined);
  const hideFor = createHiddenText(config.audit.execCommand, own.hashKey);
  const at = (origin: string): PortalDeps => {
    const passTo = (service: 'authenticate' | 'audit') => ({
      service,
      url: config.services[service].url,
      ca: authorityOf(loaded, service),
      identity,
      origin,
      clientAddress,
      ownPages,
      logger,
    });
    const passedOn = passTo('authenticate');
    return {
      origin,
      ...services,
      ...clustersFor(parts, own),
      connectorStates: connectors.states,
      workloadEntries: config.workloads,
      onChange: own.changes.add,
      findCaller: createFindCaller({ client: own.checks, workloads }),
      clientAddress,
      clientCertificateOf,
      recheckMs: config.streams.recheck,
      auditCall: createApiEvents({ sink, now, hideFor }),
      toAuthenticate: createServiceProxy(passedOn),
      scim: createServiceProxy(passedOn, scimPassRules),
      auditWebhook: createServiceProxy(passTo('audit'), webhookPassRules),
      ownPages,
      logo,
      landing: landingSettingsOf(parts),
      downloads,
      identityKeys: signed,
      pomerium: tokens && { tokens, gatewayOrigin: origins.gateway, loginOrigin: origins.login },
      routeOrigin: (host) => routes.byHost(host)?.origin,
      applications: routes.all,
      workloads,
      beginSpan,
      logger,
    };
  };
  const portal = createPortal(at(origins.gateway), { routes, clusters: own.clusters.upstreams });
  return {
    portal,
    /** Decides about an upgrade at an address of the gateway's own. */
    upgradeOwn: (request: IncomingMessage) =>
      portal.isConnector(request) ? connectors.upgrade(request, clientAddress(request)) : undefined,
    /** For the login pages, which may have a separate origin. */
    portalOfLogin: () => createPagesPortal(at(origins.login), routes),
  };
}
