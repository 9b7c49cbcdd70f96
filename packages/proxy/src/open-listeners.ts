import { readFileSync } from 'node:fs';
import type { Server as HttpsServer } from 'node:https';
import type { Server } from 'node:http';
import { listenHttp } from '@sallyport/kit';
import type { ComposedGateway } from './compose-gateway.ts';
import { createIsTrusted } from './listener/client-address.ts';
import { createGatewayServer, type GatewayServerDeps } from './listener/create-gateway-server.ts';
import { followCertificate, type CertificateFiles } from './listener/follow-certificate.ts';
import { isLanding, isOwn, isRouteOwn, onClusterHost } from './portal/calls/own-addresses.ts';
import { expectProxyHeaders } from './listener/expect-proxy-headers.ts';
import { createRouteCertificates, type RouteCertificates } from './listener/route-certificates.ts';
import { createRecordUnparsable } from './listener/record-unparsable.ts';
import { createClusterHostApi, createOwnApi } from './portal/create-portal.ts';
import { createRouteHostApi } from './portal/create-route-host-api.ts';
import type { ProxyParts } from './connect-services.ts';
import type { RouteSet } from './reload/route-set.ts';
import type { Upstreams } from './upstream/upstream.ts';
import type { WebRoutes } from './exchange/web-route.ts';

type Handler = GatewayServerDeps['ownApi'];

/**
 * Creates the server of the login pages in plain http. It also serves the web applications in plain http, which are for
 * demos, and no clusters.
 */
export function createPagesServer(
  deps: Pick<GatewayServerDeps, 'begin' | 'gateway' | 'recorder' | 'recordUnparsable'> & {
    routes: Pick<WebRoutes, 'plainOf'>;
    /** Whether there are keys that sign identities. */
    hasKeys: boolean;
    ownApi: Handler;
    routeHostApi: Handler;
  },
): Server {
  const { routes, hasKeys, ownApi, routeHostApi } = deps;
  return createGatewayServer({
    ...deps,
    tls: undefined,
    isOwn: (request) => routes.plainOf(request) === undefined || isRouteOwn(request, hasKeys),
    ownApi(request, response) {
      if (routes.plainOf(request)) routeHostApi(request, response);
      else ownApi(request, response);
    },
  });
}

type Listeners = {
  port: number;
  /** The port of the login pages without TLS, if `login.listen` is configured. */
  pagesPort: number | undefined;
  /** Asks clients to give up the connections that they keep, for up to `ms`, and goes on answering. */
  release(ms: number): Promise<unknown>;
  /** Accepts nothing new, and gives open requests `ms` to finish. */
  close(ms: number): Promise<unknown>;
};

function certificateFilesOf({ config, resolvePath }: ProxyParts['loaded']): CertificateFiles | undefined {
  const { tls } = config.gateway;
  return (
    tls && {
      certFile: resolvePath(tls.certFile),
      keyFile: resolvePath(tls.keyFile),
      clientCaFile: tls.clientCaFile == null ? undefined : resolvePath(tls.clientCaFile),
    }
  );
}

function readTls(
  files: CertificateFiles,
  profile: NonNullable<GatewayServerDeps['tls']>['profile'],
): GatewayServerDeps['tls'] {
  return {
    cert: readFileSync(files.certFile, 'utf8'),
    key: readFileSync(files.keyFile, 'utf8'),
    clientCa: files.clientCaFile === undefined ? undefined : readFileSync(files.clientCaFile, 'utf8'),
    profile,
  };
}

/** Creates the certificates of routes, next to that of the gateway. */
export function createListenerCertificates({ loaded, logger }: ProxyParts): RouteCertificates {
  return createRouteCertificates({
    resolvePath: loaded.resolvePath,
    clientCaFile: certificateFilesOf(loaded)?.clientCaFile,
    profile: loaded.config.gateway.tls,
    logger,
  });
}

/** Creates the server of the login pages, with an API of its own because its origin is another. */
function pagesServerOf(
  { road, apiOfLogin }: ComposedGateway,
  { routes }: RouteSet,
  recordUnparsable: GatewayServerDeps['recordUnparsable'],
): ReturnType<typeof createPagesServer> {
  const deps = apiOfLogin();
  return createPagesServer({
    ...road,
    begin: road.beginPlain,
    routes,
    hasKeys: deps.identityKeys !== undefined,
    ownApi: createOwnApi(deps),
    routeHostApi: createRouteHostApi(deps, { of: routes.plainOf }),
    recordUnparsable,
  });
}

/** Listens for requests to clusters and to the gateway itself, and for the plain login pages where configured. */
export async function openListeners(
  parts: ProxyParts,
  {
    upstreams,
    routes: routeSet,
    certificates,
  }: { upstreams: Upstreams; routes: RouteSet; certificates: RouteCertificates },
  composed: ComposedGateway,
): Promise<Listeners> {
  const { road, apiOfGateway } = composed;
  const { routes } = routeSet;
  const { gateway, login, clusters } = parts.loaded.config;
  const deps = apiOfGateway();
  const [ownApi, clusterHostApi, routeHostApi] = [
    createOwnApi(deps),
    createClusterHostApi(deps),
    createRouteHostApi(deps, routes),
  ];
  const files = certificateFilesOf(parts.loaded);
  const recordUnparsable = createRecordUnparsable(parts);
  const server = createGatewayServer({
    ...road,
    tls: files && { ...readTls(files, gateway.tls)!, contextOf: certificates.contextOf },
    ownApi(request, response) {
      const host = routes.of(request) ? routeHostApi : onClusterHost(request, upstreams) ? clusterHostApi : ownApi;
      host(request, response);
    },
    isOwn: (request) => {
      if (routes.of(request)) return isRouteOwn(request, deps.identityKeys !== undefined);
      const cluster = onClusterHost(request, upstreams);
      return isOwn(request, cluster) || (cluster === false && isLanding(request, deps.origin));
    },
    recordUnparsable,
  });
  if (gateway.proxyProtocol)
    expectProxyHeaders(server, { isTrusted: createIsTrusted(gateway.trustedProxies), refused: recordUnparsable });
  const listening = await listenHttp(server, gateway.listen, 'gateway.listen');
  const unfollow =
    files && followCertificate({ server: server as HttpsServer, files, profile: gateway.tls, logger: parts.logger });
  const pages = login.listen
    ? await listenHttp(pagesServerOf(composed, routeSet, recordUnparsable), login.listen, 'login.listen')
    : undefined;
  parts.logger.info({ port: listening.port, clusters: clusters.map((one) => one.name) }, 'the gateway is listening');
  return {
    port: listening.port,
    pagesPort: pages?.port,
    release: (ms) => Promise.all([listening.release(ms), pages?.release(ms)]),
    close(ms) {
      unfollow?.();
      return Promise.all([listening.close(ms), pages?.close(0)]);
    },
  };
}
