import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSessionTokenVerifier, readPublicKey } from '@sallyport/kit';
import { createPages, readPageLook } from '@sallyport/pages';
import { createCheckClient } from './authorize/check-client.ts';
import { authorityOf, type Services } from './connect-services.ts';
import type { LandingSettings } from './landing/landing-settings.ts';
import { createClientAddress } from './listener/client-address.ts';
import { createClientCertificates } from './listener/client-certificate.ts';
import { createApiEvents } from './own-api/api-events.ts';
import { createClusterList } from './own-api/cluster-list.ts';
import { createAuthenticateProxy } from './own-api/authenticate-proxy.ts';
import { createFindCaller } from './own-api/find-caller.ts';
import type { OwnApiDeps, PomeriumDeps } from './own-api/own-api-deps.ts';
import { loadLogo } from './own-api/serve-logo.ts';
import { scimPassRules } from './own-api/scim-pass-rules.ts';
import type { ProxyParts } from './proxy-parts.ts';
import type { ClusterSet } from './reload/cluster-set.ts';
import { createRoad, type Road } from './road/create-road.ts';

/** The gateway before it listens: the road, and what its own pages and API need. */
export type ComposedGateway = {
  road: Road;
  producer: string;
  /** The sockets of open tunnels. */
  tunnels: ReadonlySet<Duplex>;
  apiOfGateway(): OwnApiDeps;
  /** For the login pages, which may have a separate origin. */
  apiOfLogin(): OwnApiDeps;
};

const checkTimeoutMs = 1000;

/** Verifies the tokens of Pomerium's clients by the public key of authenticate, which signs them. */
function createPomerium({ loaded: { config }, now }: ProxyParts, origins: Origins): PomeriumDeps | undefined {
  const { publicKey } = config.services.authenticate;
  if (publicKey === undefined || !config.login.pomerium) return undefined;
  const tokens = createSessionTokenVerifier({
    publicKey: readPublicKey(publicKey),
    gatewayUrl: config.gateway.url,
    now,
  });
  return { tokens, gatewayOrigin: origins.gateway, loginOrigin: origins.login };
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

type ApiParts = Pick<OwnApiDeps, 'clientCertificateOf' | 'kindsOf' | 'findCaller' | 'clientAddress'> & {
  pomerium: PomeriumDeps | undefined;
  producer: string;
};

/** Creates what the gateway's own pages and API need at one origin. */
function createApiDeps(
  parts: ProxyParts,
  clusters: ClusterSet,
  services: Services,
  { pomerium, producer, ...given }: ApiParts,
): (origin: string) => OwnApiDeps {
  const { config } = parts.loaded;
  const logo = loadLogo(parts.loaded);
  const ownPages = createPages(readPageLook(config));
  return (origin) => {
    const passedOn = {
      url: config.services.authenticate.url,
      ca: authorityOf(parts.loaded, 'authenticate'),
      identity: parts.identity,
      origin,
      clientAddress: given.clientAddress,
      ownPages,
      logger: parts.logger,
    };
    return {
      ...given,
      ...services,
      pomerium,
      origin,
      logger: parts.logger,
      clusters: createClusterList({ gatewayUrl: config.gateway.url, clusters: clusters.current }),
      auditCall: createApiEvents({ sink: parts.sink, now: parts.now, producer }),
      pages: createAuthenticateProxy(passedOn),
      ownPages,
      logo,
      landing: landingSettingsOf(parts),
      scim: createAuthenticateProxy(passedOn, scimPassRules),
    };
  };
}

/** Composes the gateway from its parts. */
export function composeGateway(parts: ProxyParts, clusters: ClusterSet, services: Services): ComposedGateway {
  const { config } = parts.loaded;
  const { upstreams } = clusters;
  const checks = createCheckClient({ client: services.authorize, timeoutMs: checkTimeoutMs });
  const addressOf = createClientAddress(config.gateway.trustedProxies);
  const producer = `proxy/${randomUUID().slice(0, 8)}`;
  const tunnels = createTunnels();
  const clientCertificateOf = createClientCertificates({ asked: config.gateway.tls?.clientCaFile != null });
  const origins = originsOf(parts.loaded);
  const pomerium = createPomerium(parts, origins);
  const road = createRoad({
    ...parts,
    upstreams,
    checks,
    streamChecks: createCheckClient({ client: services.authorize, timeoutMs: checkTimeoutMs }),
    addressOf,
    producer,
    hashKey: randomBytes(32),
    settings: config,
    clientCertificateOf,
    tokens: pomerium?.tokens,
    track: tunnels.track,
  });
  const apiAt = createApiDeps(parts, clusters, services, {
    pomerium,
    producer,
    clientCertificateOf,
    kindsOf: (cluster) => road.kindsOf(upstreams.byName(cluster)),
    findCaller: createFindCaller({ client: checks }),
    clientAddress: (request: IncomingMessage) =>
      addressOf(request.socket.remoteAddress, String(request.headers['x-forwarded-for'] ?? '') || undefined),
  });
  return {
    road,
    producer,
    tunnels: tunnels.open,
    apiOfGateway: () => apiAt(origins.gateway),
    apiOfLogin: () => apiAt(origins.login),
  };
}
