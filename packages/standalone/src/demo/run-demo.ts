import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createCertificateAuthority, freePort, type CertificateAuthority } from '@sallyport/bed';
import { createNdjsonTap } from '@sallyport/audit';
import { createLogger, loadConfig } from '@sallyport/kit';
import { createIdentityProvider } from '../identity-provider/create-identity-provider.ts';
import { demoPeople } from '../identity-provider/people.ts';
import { writeSettings } from '../settings/write-settings.ts';
import { startConstellation } from '../start-constellation.ts';
import type { DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './demo-options.ts';
import { demoApiPolicy, demoPolicyFile } from './demo-policy.ts';
import { openOwnCluster } from './open-own-cluster.ts';
import { openPracticeCluster } from './open-practice-cluster.ts';
import { openRealCluster } from './open-real-cluster.ts';
import { writeDemoKubeconfig } from './write-demo-kubeconfig.ts';

/** What `demo.json` says when all is ready. */
export type DemoState = {
  ready: true;
  gatewayUrl: string;
  caFile: string;
  kubeconfig: string;
  issuer: string;
  people: { user: string; password: string; groups: readonly string[] }[];
  cluster: { name: string; url: string; kind: DemoCluster['kind'] };
  adminKubeconfig: string;
  auditFile: string;
  policyFile: string;
  home: string;
  loginUrl: string;
  kubectl?: string;
  pid: number;
};
export type RunningDemo = { state: DemoState; stateFile: string; close(): Promise<void> };

const clientId = 'sallyport';

function refuseSecondDemo(stateFile: string): void {
  if (!existsSync(stateFile)) return;
  try {
    const { pid } = JSON.parse(readFileSync(stateFile, 'utf8')) as { pid: number };
    process.kill(pid, 0);
    if (pid !== process.pid)
      throw new Error(
        `a demo (process ${pid}) uses this state directory already; stop it, or give another one with --state-dir`,
      );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && !(error instanceof SyntaxError)) throw error;
  }
  rmSync(stateFile, { force: true });
}

async function openCluster(
  options: DemoOptions,
  directory: string,
  authority: CertificateAuthority,
  say: (text: string) => void,
): Promise<DemoCluster> {
  if (options.cluster === 'own')
    return openOwnCluster({ kubeconfig: options.kubeconfig!, context: options.context, yes: options.yes });
  return options.cluster === 'real'
    ? openRealCluster({ directory, say })
    : openPracticeCluster({ directory, authority, say });
}

/**
 * Starts everything the demo has: an OpenID provider with people in it, a cluster, and the four services. What was
 * started is ended again if the rest fails.
 */
export async function runDemo(options: DemoOptions, say: (text: string) => void): Promise<RunningDemo> {
  const directory = options.stateDir;
  const stateFile = path.join(directory, 'demo.json');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  refuseSecondDemo(stateFile);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    rmSync(stateFile, { force: true });
    for (const end of closers.toReversed()) await end();
  };
  try {
    const state = await startParts(options, directory, say, closers);
    writeFileSync(stateFile, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
    return { state, stateFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  options: DemoOptions,
  directory: string,
  say: (text: string) => void,
  closers: (() => Promise<void>)[],
): Promise<DemoState> {
  const authority = await createCertificateAuthority({ name: 'sallyport demo' });
  const cluster = await openCluster(options, directory, authority, say);
  closers.push(() => cluster.close());
  const provider = await createIdentityProvider();
  closers.push(() => provider.close());
  const clientSecret = 'demo-client-secret';
  const name = 'demo';
  const policyFile = demoPolicyFile(directory, options.policy);
  const settings = await writeSettings({
    directory,
    authority,
    gatewayPort: options.port,
    pagesPort: await freePort(),
    sessions: { memory: true },
    audit: { kafka: { memory: true }, store: { embedded: './audit' }, keep: 50_000 },
    providers: [
      {
        id: 'demo',
        issuer: provider.issuer,
        clientId,
        clientSecret,
        allowInsecureIssuer: true,
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
    ],
    clusters: [{ name, ...cluster.access, policyFile }],
    apiPolicy: demoApiPolicy,
  });
  provider.register({
    clientId,
    clientSecret,
    redirectUris: [`${settings.pagesUrl}/.sallyport/callback`],
    postLogoutRedirectUris: [`${settings.pagesUrl}/.sallyport/signed-out`],
    backchannelLogoutUri: `${settings.pagesUrl}/.sallyport/backchannel-logout/demo`,
  });
  const auditFile = path.join(directory, 'audit.ndjson');
  // There from the beginning, so that it can be followed before anything happens.
  writeFileSync(auditFile, '', { flag: 'a', mode: 0o600 });
  const tap = createNdjsonTap({ file: auditFile, anonymousFile: path.join(directory, 'audit-anonymous.ndjson') });
  // Standard output is that of the command that the demo runs.
  const loggerOf = (service: string) =>
    createLogger({ service, level: process.env.SALLYPORT_LOG_LEVEL ?? 'warn', destination: process.stderr });
  const constellation = await startConstellation({
    loaded: loadConfig(settings.configFile, process.env),
    loggerOf,
    onBus: (bus) => void bus.subscribe(tap),
  });
  closers.push(() => constellation.close());
  await constellation.ready();
  const home = path.join(directory, 'home');
  const kubeconfig = await writeDemoKubeconfig({
    directory,
    home,
    gatewayUrl: settings.gatewayUrl,
    caFile: settings.caFile,
    cluster: name,
    namespace: cluster.namespace,
  });
  return {
    ready: true,
    gatewayUrl: settings.gatewayUrl,
    caFile: settings.caFile,
    kubeconfig,
    issuer: provider.issuer,
    people: demoPeople.map(({ user, password, groups }) => ({ user, password, groups })),
    cluster: { name, url: `${settings.gatewayUrl}/clusters/${name}`, kind: cluster.kind },
    adminKubeconfig: cluster.adminKubeconfig,
    auditFile,
    policyFile,
    home,
    loginUrl: settings.pagesUrl,
    ...(cluster.kubectl === undefined ? {} : { kubectl: cluster.kubectl }),
    pid: process.pid,
  };
}
