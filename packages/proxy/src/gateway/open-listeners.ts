import { readFileSync } from 'node:fs';
import type { Server as HttpsServer } from 'node:https';
import type { TlsProfile } from '@sallyport/contracts';
import { listenHttp } from '@sallyport/kit';
import { acmeDirectoryOf, certificateFileIn } from '../acme/certificate-files.ts';
import type { Acme } from '../acme/open-acme.ts';
import type { ComposedGateway } from './compose-gateway.ts';
import { createIsTrusted } from '../listener/client-address.ts';
import { countConnections } from '../listener/count-connections.ts';
import { createGatewayServer } from '../listener/create-gateway-server.ts';
import { followCertificate, type CertificateFiles } from '../listener/follow-certificate.ts';
import { expectProxyHeaders } from '../listener/expect-proxy-headers.ts';
import { createRouteCertificates, type RouteCertificates } from '../listener/route-certificates.ts';
import { createRecordUnparsable } from '../listener/record-unparsable.ts';
import type { Portal } from '../portal/create-portal.ts';
import type { ProxyParts } from './connect-services.ts';

/** Returns the files of the gateway's certificate: those that are configured, or the one that is kept by ACME. */
function certificateFilesOf(loaded: ProxyParts['loaded']): CertificateFiles | undefined {
  const { resolvePath } = loaded;
  const { tls } = loaded.config.gateway;
  if (!tls) return undefined;
  const clientCaFile = tls.clientCaFile == null ? undefined : resolvePath(tls.clientCaFile);
  const kept = acmeDirectoryOf(loaded);
  if (kept === undefined)
    return { certFile: resolvePath(tls.certFile!), keyFile: resolvePath(tls.keyFile!), clientCaFile };
  const file = certificateFileIn(kept);
  return { certFile: file, keyFile: file, clientCaFile };
}

function readTls(
  files: CertificateFiles,
  { profile, acme }: { profile: TlsProfile | undefined; acme: Acme | undefined },
) {
  // By ACME there may be none yet, or one that a damaged disk has left. The gateway then requests another.
  const isThere = acme === undefined || acme.hasCertificate();
  return {
    cert: isThere ? readFileSync(files.certFile, 'utf8') : undefined,
    key: isThere ? readFileSync(files.keyFile, 'utf8') : undefined,
    clientCa: files.clientCaFile === undefined ? undefined : readFileSync(files.clientCaFile, 'utf8'),
    profile,
    challengeOf: acme?.challengeOf,
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
  {
    roads,
    portal,
    portalOfLogin,
    upgradeOwn,
  }: Pick<ComposedGateway, 'roads' | 'portal' | 'portalOfLogin' | 'upgradeOwn'>,
  certificates: RouteCertificates,
  acme: Acme | undefined,
) {
  const { gateway, login, clusters } = parts.loaded.config;
  const files = certificateFilesOf(parts.loaded);
  const recordUnparsable = createRecordUnparsable(parts);
  const { take, recorder } = roads;
  const server = createGatewayServer({
    begin: roads.begin,
    take,
    recorder,
    http2: gateway.http2 ? { isForApplication: roads.isForApplication } : undefined,
    tls: files && { ...readTls(files, { profile: gateway.tls, acme }), contextOf: certificates.contextOf },
    isOwn: portal.isOwn,
    answerOwn: portal.answer,
    upgradeOwn,
    recordUnparsable,
  });
  countConnections(server, files !== undefined, parts.metrics);
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
  const following =
    files &&
    followCertificate({
      server: server as HttpsServer,
      files,
      profile: gateway.tls,
      logger: parts.logger,
      isAwaited: acme?.hasCertificate() === false,
    });
  acme?.start(() => following?.check());
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
      following?.stop();
      return Promise.all([listening.close(ms), pages?.close(0)]);
    },
  };
}
