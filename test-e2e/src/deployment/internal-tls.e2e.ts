import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority, type CertificateAuthority } from '@sallyport/bed';
import {
  createIdentityProvider,
  startProcesses,
  writeSettings,
  demoApiPolicy,
  type Processes,
  type Settings,
} from '@sallyport/standalone';
import { parse, stringify } from 'yaml';
import { claimRedis, createDatabase } from '../harness/gateway-stores.ts';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  runCommand,
  startPractice,
  theBed,
  type HttpAnswer,
} from '../harness/index.ts';
import { logIn } from '../harness/log-in.ts';
import { repository } from './manifests.ts';

type Config = {
  services: Record<string, { url?: string; listen?: string; certFile?: string; tlsKeyFile?: string; caFile?: string }>;
};
const inner = ['authenticate', 'authorize', 'audit'] as const;

/**
 * Changes the configuration of the services to that of k8s/overlays/tls: the URLs of the services are https, each with
 * its own certificate.
 */
async function useTls(settings: Settings, directory: string, authority: CertificateAuthority): Promise<Config> {
  const config = parse(readFileSync(settings.configFile, 'utf8')) as Config;
  mkdirSync(path.join(directory, 'internal'));
  const file = (name: string, text: string) => {
    writeFileSync(path.join(directory, 'internal', name), text, { mode: 0o600 });
    return path.join(directory, 'internal', name);
  };
  for (const name of inner) {
    const { certPem, keyPem } = await authority.issue({ commonName: name, ipAddresses: ['127.0.0.1'], server: true });
    const service = config.services[name]!;
    Object.assign(service, {
      url: service.url!.replace('http:', 'https:'),
      certFile: file(`${name}.crt`, certPem),
      tlsKeyFile: file(`${name}.key`, keyPem),
      caFile: file(`${name}-ca.crt`, authority.caPem),
    });
  }
  writeFileSync(settings.configFile, stringify(config));
  return config;
}

describeWith(['redis', 'kafka', 'postgres'], 'four services with TLS between them', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-tls-'));
  const ends: (() => Promise<unknown>)[] = [];
  let settings: Settings;
  let config: Config;
  let processes: Processes;
  let caPem: string;
  beforeAll(async () => {
    const { redis, kafka, postgres } = theBed();
    const [claimed, database, practice, provider] = [
      await claimRedis(redis!.url),
      await createDatabase(postgres!.url),
      await startPractice(),
      await createIdentityProvider(),
    ];
    ends.push(claimed.release, database.drop, practice.stop, provider.close);
    settings = await writeSettings({
      directory,
      authority: await createCertificateAuthority({ name: 'gateway' }),
      apiPolicy: demoApiPolicy,
      sessions: { redis: claimed.url },
      audit: {
        kafka: { brokers: kafka!.brokers, topic: `sallyport.tls.${randomUUID()}` },
        store: { postgres: database.url },
      },
      providers: [
        {
          id: 'corp',
          issuer: provider.issuer,
          clientId: 'sallyport',
          clientSecret: 's',
          allowInsecureIssuer: true,
          scopes: ['openid', 'profile', 'email', 'groups'],
        },
      ],
      clusters: [{ name: 'dev', ...practice.access, policy: [{ allow: { or: [{ groups: 'developers' }] } }] }],
    });
    provider.register({
      clientId: 'sallyport',
      clientSecret: 's',
      redirectUris: [`${settings.pagesUrl}/.sallyport/callback`],
    });
    config = await useTls(settings, directory, await createCertificateAuthority({ name: 'internal' }));
    caPem = readFileSync(settings.caFile, 'utf8');
    processes = await startProcesses({ configFile: settings.configFile, directory, adminPorts: settings.adminPorts });
    ends.push(processes.stopAll);
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = (where: string, token: string): Promise<HttpAnswer> =>
    httpRequestOnce(`${settings.gatewayUrl}${where}`, { ca: caPem, headers: { authorization: `Bearer ${token}` } });
  const someone = (user: string) =>
    logIn(
      { url: settings.gatewayUrl, pagesUrl: settings.pagesUrl, caPem },
      { user: `${user}@example.com`, password: user },
    );

  it('let people log in, reach a cluster, and read the audit trail', async () => {
    const alice = await someone('alice');
    expect((await ask('/clusters/dev/api/v1/namespaces/dev/pods', alice.token)).status).toBe(200);
    const { text: metrics } = await httpRequestOnce(`http://127.0.0.1:${settings.adminPorts['proxy']}/metrics`);
    expect(metrics).toMatch(/^sallyport_proxy_check_connections_total{outcome="opened"} [1-9]/m);
    expect(metrics).toMatch(/^sallyport_proxy_check_connections_total{outcome="unsupported"} 0$/m);
    const carol = await someone('carol');
    await eventually('the request to be in the audit trail', async () => {
      const { text } = await ask('/.sallyport/api/v1/audit?user=alice@example.com', carol.token);
      return text.includes('"resource":"pods"') ? text : undefined;
    });
  });

  it.each(inner)('%s accepts only TLS, with a certificate of its own authority', async (name) => {
    const { listen, caFile } = config.services[name]!;
    const port = Number(listen!.split(':')[1]);
    await expect(httpRequestOnce(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(caFile!) });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.destroy();
  });

  const checkInstallation = () =>
    runCommand(process.execPath, [
      path.join(repository, 'packages/standalone/dist/installation/check-installation-main.js'),
      `--gateway=${settings.gatewayUrl}`,
      `--url=${settings.gatewayUrl}`,
      '--cluster=dev',
      `--certificate=${path.join(directory, 'tls/gateway.crt')}`,
      ...inner.flatMap((name) => {
        const { url, caFile } = config.services[name]!;
        return [`--service=${name}=${url}`, `--ca=${name}=${caFile}`];
      }),
    ]);

  it('pass what `helm test` asks', async () => {
    const { code, stdout } = await checkInstallation();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('FAILED') });
    expect(stdout.match(/^ok {6}/gm)).toHaveLength(7);
  });

  it('fail what `helm test` asks when authorize is away', async () => {
    await processes.stop('authorize');
    const { code, stdout } = await checkInstallation();
    await processes.start('authorize');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED {2}authorize answers at/m);
    expect(stdout).toMatch(/^FAILED {2}authorize decides a request for the cluster dev.*\n +answered 503/m);
    expect(stdout).toMatch(/^ok {6}authenticate answers at/m);
  });

  it('make the gateway refuse a service with a certificate of another authority', async () => {
    const { token } = await someone('alice');
    await processes.stop('proxy');
    const stranger = await createCertificateAuthority({ name: 'a stranger' });
    for (const name of inner) writeFileSync(config.services[name]!.caFile!, stranger.caPem);
    await processes.start('proxy');
    expect((await ask('/clusters/dev/api/v1/namespaces/dev/pods', token)).status).toBe(503);
    expect((await ask('/.sallyport/me', token)).status).toBe(503);
    expect((await httpRequestOnce(`${settings.pagesUrl}/.sallyport/login?return_to=/.sallyport/me`)).status).toBe(503);
  });
});
