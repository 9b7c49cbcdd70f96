import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort, type CertificateAuthority } from '@sallyport/bed';
import { stringify } from 'yaml';
import { privateFilesIn } from './private-files.ts';
import { ensureKey, ensureServiceKeys } from './service-keys.ts';

export type SettingsRequest = {
  /** Everything is written below this directory. */
  directory: string;
  authority: CertificateAuthority;
  /** 0 = any free port. */
  gatewayPort?: number;
  /** The port of the login pages over plain HTTP. 0 = any free port. */
  pagesPort?: number;
  sessions: Record<string, unknown>;
  audit: Record<string, unknown>;
  providers: Record<string, unknown>[];
  /** Sources of people and groups in addition to the providers. */
  sources?: Record<string, unknown>[];
  clusters: Record<string, unknown>[];
  apiPolicy?: Record<string, unknown>;
  /** The gateway requests client certificates of this authority. */
  clientCaFile?: string;
  /** Clients may use HTTP/2. */
  http2?: boolean;
  /** Any other top-level settings of sallyport.yaml. */
  more?: Record<string, unknown>;
};

/** The files that were written, and the URLs in them. */
export type Settings = {
  configFile: string;
  gatewayUrl: string;
  pagesUrl: string;
  caFile: string;
  adminPorts: Record<string, number>;
};

async function renderServices(
  directory: string,
): Promise<{ services: Record<string, unknown>; adminPorts: Record<string, number> }> {
  const keys = ensureServiceKeys(path.join(directory, 'keys'));
  const adminPorts: Record<string, number> = {};
  const services: Record<string, unknown> = {};
  for (const name of ['authenticate', 'authorize', 'audit', 'proxy'] as const) {
    const [port, admin] = [await freePort(), await freePort()];
    adminPorts[name] = admin;
    const address = name === 'proxy' ? {} : { url: `http://127.0.0.1:${port}`, listen: `127.0.0.1:${port}` };
    services[name] = { ...address, adminListen: `127.0.0.1:${admin}`, ...keys[name] };
  }
  return { services, adminPorts };
}

/** Writes a complete sallyport.yaml for services on loopback, and next to it keys and the gateway's certificate. */
export async function writeSettings(request: SettingsRequest): Promise<Settings> {
  const { directory, authority } = request;
  mkdirSync(path.join(directory, 'tls'), { recursive: true, mode: 0o700 });
  const certificate = await authority.issue({
    commonName: 'sallyport gateway',
    dnsNames: ['localhost', ...request.clusters.flatMap((one) => (typeof one.host === 'string' ? [one.host] : []))],
    ipAddresses: ['127.0.0.1', '::1'],
    server: true,
  });
  const file = privateFilesIn(directory);
  const caFile = file('tls/ca.crt', authority.caPem);
  const tls = {
    certFile: file('tls/gateway.crt', certificate.certPem),
    keyFile: file('tls/gateway.key', certificate.keyPem),
    ...(request.clientCaFile === undefined ? {} : { clientCaFile: request.clientCaFile }),
  };
  const gatewayPort = request.gatewayPort || (await freePort());
  const pagesPort = request.pagesPort || (await freePort());
  const gatewayUrl = `https://127.0.0.1:${gatewayPort}`;
  const pagesUrl = `http://127.0.0.1:${pagesPort}`;
  const { services, adminPorts } = await renderServices(directory);
  const keys = path.join(directory, 'keys');
  const configFile = file(
    'sallyport.yaml',
    stringify({
      gateway: {
        ...(request.http2 === undefined ? {} : { http2: request.http2 }),
        url: gatewayUrl,
        listen: `127.0.0.1:${gatewayPort}`,
        tls,
        caFile,
        identityKeyFile: ensureKey(keys, 'identity'),
      },
      services,
      sessions: request.sessions,
      audit: {
        ...request.audit,
        checkpoints: { keyFile: ensureKey(keys, 'checkpoints'), ...(request.audit.checkpoints as object | undefined) },
      },
      identity: {
        providers: request.providers,
        ...(request.sources ? { directory: { sources: request.sources } } : {}),
      },
      login: { url: pagesUrl, listen: `127.0.0.1:${pagesPort}` },
      api: { policy: request.apiPolicy ?? {} },
      clusters: request.clusters,
      // The user who stops it is waiting, so open watches end at once.
      streams: { drain: '1s' },
      ...request.more,
    }),
  );
  return { configFile, gatewayUrl, pagesUrl, caFile, adminPorts };
}
