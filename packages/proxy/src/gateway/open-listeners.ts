import { readFileSync } from 'node:fs';
import type { Server as HttpsServer } from 'node:https';
import { listenHttp } from '@sallyport/kit';
import type { ComposedGateway } from './compose-gateway.ts';
import { createIsTrusted } from '../listener/client-address.ts';
import { createGatewayServer, type GatewayServerDeps } from '../listener/create-gateway-server.ts';
import { followCertificate, type CertificateFiles } from '../listener/follow-certificate.ts';
import { expectProxyHeaders } from '../listener/expect-proxy-headers.ts';
import { createRouteCertificates, type RouteCertificates } from '../listener/route-certificates.ts';
import { createRecordUnparsable } from '../listener/record-unparsable.ts';
import type { Portal } from '../portal/create-portal.ts';
import type { ProxyParts } from './connect-services.ts';

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

/** Opens the gateway's listener, and the one for the login pages without TLS if `login.listen` is configured. */
export async function openListeners(
  parts: ProxyParts,
  { roads, portal, portalOfLogin }: Pick<ComposedGateway, 'roads' | 'portal' | 'portalOfLogin'>,
  certificates: RouteCertificates,
) {
  const { gateway, login, clusters } = parts.loaded.config;
  const files = certificateFilesOf(parts.loaded);
  const recordUnparsable = createRecordUnparsable(parts);
  const { take, recorder } = roads;
  const server = createGatewayServer({
    begin: roads.begin,
    take,
    recorder,
    tls: files && { ...readTls(files, gateway.tls)!, contextOf: certificates.contextOf },
    isOwn: portal.isOwn,
    answerOwn: portal.answer,
    recordUnparsable,
  });
  if (gateway.proxyProtocol)
    expectProxyHeaders(server, { isTrusted: createIsTrusted(gateway.trustedProxies), refused: recordUnparsable });
  /** Also serves the web applications in plain http, which are for demos. */
  const pagesServerOf = ({ isOwn, answer }: Portal) =>
    createGatewayServer({
      begin: roads.beginPlain,
      take,
      recorder,
      tls: undefined,
      isOwn,
      answerOwn: answer,
      recordUnparsable,
    });
  const listening = await listenHttp(server, gateway.listen, 'gateway.listen');
  const unfollow =
    files && followCertificate({ server: server as HttpsServer, files, profile: gateway.tls, logger: parts.logger });
  const pages = login.listen
    ? await listenHttp(pagesServerOf(portalOfLogin()), login.listen, 'login.listen')
    : undefined;
  parts.logger.info({ port: listening.port, clusters: clusters.map((one) => one.name) }, 'the gateway is listening');
  return {
    port: listening.port,
    /** The port of the login pages without TLS, if `login.listen` is configured. */
    pagesPort: pages?.port,
    /** Asks clients to give up the connections that they keep, for up to `ms`, and goes on answering. */
    release: (ms: number) => Promise.all([listening.release(ms), pages?.release(ms)]),
    /** Accepts nothing new, and gives open requests `ms` to finish. */
    close(ms: number) {
      unfollow?.();
      return Promise.all([listening.close(ms), pages?.close(0)]);
    },
  };
}
