import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { CertificateAuthority } from '@sallyport/bed';
import { createNdjsonTap } from '@sallyport/audit';
import { dayMs } from '@sallyport/contracts/text';
import { createLogger, loadConfig } from '@sallyport/kit';
import { createIdentityProvider, type IdentityProvider } from '../identity-provider/create-identity-provider.ts';
import { demoPeople } from '../identity-provider/people.ts';
import { fingerprintOf, ownAuthority } from '../settings/own-authority.ts';
import { writeSettings, type Settings } from '../settings/write-settings.ts';
import { startTraffic } from '../traffic/start-traffic.ts';
import { startInProcess, type InProcessServices } from '../services/start-in-process.ts';
import { claimStateDir } from './claim-state-dir.ts';

import type { DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './demo-options.ts';
import { demoApiPolicy, demoElevations, demoPolicyFile } from './demo-policy.ts';
import { demoRecordings, type DemoRecordings } from './demo-recordings.ts';
import { openDemoWebApp, type DemoWebApp } from './demo-web-app.ts';
import { openOwnCluster } from './open-own-cluster.ts';
import { openPracticeCluster } from './open-practice-cluster.ts';
import { openRealCluster } from './open-real-cluster.ts';
import { choosePagesPort, refuseBusyPort } from './ports.ts';
import { writeDemoKubeconfig } from './write-demo-kubeconfig.ts';

/** The contents of `demo.json`, written when everything is ready. */
export type DemoState = {
  ready: true;
  gatewayUrl: string;
  caFile: string;
  /** What users type after `--ca-fingerprint`. */
  caFingerprint: string;
  kubeconfig: string;
  issuer: string;
  people: { user: string; password: string; groups: readonly string[] }[];
  cluster: { name: string; url: string; kind: DemoCluster['kind'] };
  webApp: { url: string };
  /** The file of the key that opens recordings. */
  recordings: { identityFile: string };
  adminKubeconfig: string;
  auditFile: string;
  clusterAuditFile?: string;
  policyFile: string;
  home: string;
  loginUrl: string;
  kubectl?: string;
  pid: number;
};
export type RunningDemo = { state: DemoState; stateFile: string; close(): Promise<void> };

const clientId = 'sallyport';
const clusterName = 'demo';

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
 * Starts the demo: an OpenID provider with accounts, a cluster, and the four services. If one of them fails, the others
 * are stopped again.
 */
export async function runDemo(options: DemoOptions, say: (text: string) => void): Promise<RunningDemo> {
  const directory = options.stateDir;
  const stateFile = path.join(directory, 'demo.json');
  const unclaim = claimStateDir(directory);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    rmSync(stateFile, { force: true });
    for (const end of closers.toReversed()) await end();
    unclaim();
  };
  try {
    rmSync(stateFile, { force: true });
    await refuseBusyPort(options.port);
    const state = await startParts(options, directory, say, closers);
    writeFileSync(stateFile, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
    return { state, stateFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Writes the demo's sallyport.yaml, and registers the gateway with the identity provider. */
async function writeDemoSettings(
  options: DemoOptions,
  parts: {
    authority: CertificateAuthority;
    cluster: DemoCluster;
    provider: IdentityProvider;
    policyFile: string;
    pagesPort: number;
    webApp: DemoWebApp;
    recordings: DemoRecordings;
  },
): Promise<Settings> {
  const { provider, cluster, authority, policyFile, pagesPort, webApp, recordings } = parts;
  const clientSecret = 'demo-client-secret';
  const settings = await writeSettings({
    directory: options.stateDir,
    authority,
    gatewayPort: options.port,
    pagesPort,
    // The stores of a small installation, below `data`.
    sessions: {},
    audit: {
      keep: 50_000,
      // Soon, so that a reader can prove what they have just done. The file stands for a second place.
      checkpoints: { every: '3s', anchor: { file: './checkpoints.ndjson' } },
    },
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
    clusters: [{ name: clusterName, ...cluster.access, policyFile }],
    apiPolicy: demoApiPolicy,
    more: { routes: [webApp.route], elevations: demoElevations, recordings: recordings.section },
  });
  provider.register({
    clientId,
    clientSecret,
    redirectUris: [`${settings.pagesUrl}/.sallyport/callback`],
    postLogoutRedirectUris: [`${settings.pagesUrl}/.sallyport/signed-out`],
    backchannelLogoutUri: `${settings.pagesUrl}/.sallyport/backchannel-logout/demo`,
  });
  return settings;
}

/** Starts the services, and writes their events to `auditFile`. */
async function startServices(settings: Settings, auditFile: string): Promise<InProcessServices> {
  // Created at once, so that it can be followed before the first event.
  writeFileSync(auditFile, '', { flag: 'a', mode: 0o600 });
  const tap = createNdjsonTap({
    file: auditFile,
    anonymousFile: path.join(path.dirname(auditFile), 'audit-anonymous.ndjson'),
  });
  // Standard output belongs to the command that the demo runs.
  const loggerOf = (service: string) =>
    createLogger({ service, level: process.env.SALLYPORT_LOG_LEVEL ?? 'warn', destination: process.stderr });
  return startInProcess({
    loaded: loadConfig(settings.configFile, process.env),
    loggerOf,
    onLog: (log) => void log.subscribe('demo', tap),
  });
}

const monthMs = 30 * dayMs;

async function startParts(
  options: DemoOptions,
  directory: string,
  say: (text: string) => void,
  closers: (() => Promise<void>)[],
): Promise<DemoState> {
  const authority = await ownAuthority(directory, {
    name: 'sallyport demo',
    // The certificates that it issues are valid for a year at most, and never longer than itself.
    goodUntil: Date.now() + monthMs,
    onUnusable: (reason) =>
      say(
        `The certificate authority of an earlier demo is replaced, because ${reason}. Use the new kubeconfig, and log in again.`,
      ),
  });
  const cluster = await openCluster(options, directory, authority, say);
  closers.push(() => cluster.close());
  const provider = await createIdentityProvider();
  closers.push(() => provider.close());
  const policyFile = demoPolicyFile(directory, options.policy);
  const pagesPort = await choosePagesPort(options.port);
  const webApp = await openDemoWebApp(pagesPort);
  closers.push(() => webApp.close());
  const recordings = await demoRecordings(directory);
  const parts = { authority, cluster, provider, policyFile, pagesPort, webApp, recordings };
  const settings = await writeDemoSettings(options, parts);
  webApp.trust({ issuer: settings.gatewayUrl, audience: webApp.url, ca: readFileSync(settings.caFile, 'utf8') });
  const auditFile = path.join(directory, 'audit.ndjson');
  const services = await startServices(settings, auditFile);
  closers.push(() => services.close());
  await services.ready();
  const { gatewayUrl, caFile } = settings;
  const gateway = { url: gatewayUrl, caPem: authority.caPem };
  const endSending = cluster.sendEvents?.(gateway, clusterName);
  if (endSending) closers.push(endSending);
  const { namespace } = cluster;
  const kubeconfigIn = (own: string) =>
    writeDemoKubeconfig({ directory: own, gatewayUrl, caFile, cluster: clusterName, namespace });
  // Two people, so that one can approve what the other asks for.
  const [{ home, kubeconfig }] = await Promise.all([
    kubeconfigIn(directory),
    kubeconfigIn(path.join(directory, 'bob')),
  ]);
  if (options.withTraffic) {
    say("Letting the demo's people work ...");
    const { pagesUrl } = settings;
    const traffic = await startTraffic(gateway, { pagesUrl, accounts: demoPeople, cluster: clusterName, say });
    closers.push(() => traffic.close());
  }
  return {
    ready: true,
    gatewayUrl: settings.gatewayUrl,
    caFile: settings.caFile,
    caFingerprint: fingerprintOf(authority.caPem),
    kubeconfig,
    issuer: provider.issuer,
    people: demoPeople.map(({ user, password, groups }) => ({ user, password, groups })),
    cluster: { name: clusterName, url: `${settings.gatewayUrl}/clusters/${clusterName}`, kind: cluster.kind },
    webApp: { url: webApp.url },
    recordings: { identityFile: recordings.identityFile },
    adminKubeconfig: cluster.adminKubeconfig,
    auditFile,
    ...(cluster.auditFile === undefined ? {} : { clusterAuditFile: cluster.auditFile }),
    policyFile,
    home,
    loginUrl: settings.pagesUrl,
    ...(cluster.kubectl === undefined ? {} : { kubectl: cluster.kubectl }),
    pid: process.pid,
  };
}
