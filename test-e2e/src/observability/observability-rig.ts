import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { startBed, type Bed } from '@sallyport/bed';
import type { ServiceName } from '@sallyport/contracts';
import { stringify } from 'yaml';
import { createClocks, type Clocks } from '../chaos/set-clock.ts';
import { publicKeyIn } from '../connectors/private-cluster.ts';
import { Closers } from '../harness/closers.ts';
import {
  httpRequestOnce,
  realClusterAccess,
  runCommand,
  runDirectory,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type HttpAnswer,
  type RecordingUpstream,
  type RunningCommand,
} from '../harness/index.ts';
import { startCli } from '../harness/person.ts';
import { startDirectoryApis } from '../identity/directory-apis.ts';
import { pods } from '../resilience/resilience-fixture.ts';
import { createSmallDisk, type SmallDisk } from '../resilience/small-disk.ts';
import { prepareAcmeProxy, type AcmeProxy } from './acme-proxy.ts';

/** A server of the test to which the gateway posts, and which can refuse. */
type Sink = { url: string; refuses: boolean };

/** A gateway on which everything is configured that has an alert or a panel, with servers of its own. */
export type ObservabilityRig = {
  bed: Bed & Record<'redis' | 'kafka' | 'postgres' | 'cluster' | 'pebble', object>;
  gateway: Gateway;
  clocks: Clocks;
  /** The second place of checkpoints, and the chat that is told of elevations. */
  anchor: Sink;
  chat: Sink;
  /** The API server behind the cluster `slow`, which answers as the test says. */
  slow: RecordingUpstream;
  /** The disks of the gateway's spool, of that of authorize, and of recordings. */
  disks: Record<'spool' | 'decisions' | 'recordings', SmallDisk>;
  /** A second gateway, with a certificate by ACME. */
  acme: AcmeProxy;
  /** All admin ports, as targets of Prometheus. */
  targets: string[];
  /** Starts the connector of the cluster `remote`. */
  startConnector(): RunningCommand;
  /** Logs alice in anew, and returns her token. */
  login(): Promise<string>;
  /** Sends a request of alice to a cluster. */
  send(cluster?: string, where?: string, options?: { method?: string; body?: string }): Promise<HttpAnswer>;
  /** Makes a call of the gateway's API as someone. */
  call(user: string, where: string, json?: object): Promise<HttpAnswer>;
  log(service: ServiceName): string;
  /** Returns what a service says about its readiness. */
  readyz(service: ServiceName): Promise<string>;
  stop(): Promise<void>;
};

async function startSink(closers: Closers): Promise<Sink> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(sink.refuses ? 503 : 200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.add(async () => void server.close());
  const sink: Sink = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, refuses: false };
  return sink;
}

async function makeRecipient(directory: string): Promise<string> {
  const made = await runCommand('age-keygen', ['-o', path.join(directory, 'identity.txt')]);
  const recipient = /age1[a-z0-9]+/.exec(made.stderr)?.[0];
  if (recipient === undefined) throw new Error(`age-keygen printed no key: ${made.stderr}`);
  return recipient;
}

/** What a drill writes to the topic. */
export const foreignMessage = 'not an event';

const overTheNetwork = { allowInsecure: true };

/** What is configured besides clusters and servers. */
function settingsOf(
  directory: string,
  parts: { chat: Sink; recipient: string; connectorKey: string; disk: SmallDisk },
) {
  return {
    connectors: [{ name: 'factory', publicKeys: [parts.connectorKey] }],
    streams: { drain: '1s', perUser: 3 },
    elevations: [
      {
        name: 'break-glass',
        clusters: ['dev'],
        groups: ['prod-admins'],
        requesters: { groups: ['developers'] },
        approvals: 0,
        review: { by: { groups: ['security-auditors'] }, within: '3s' },
      },
    ],
    // Nothing presents a token of it.
    workloads: [
      {
        name: 'ci',
        issuer: 'https://ci.example.com',
        audience: 'sallyport',
        match: { repository: 'example/shop' },
        user: 'ci:{{repository}}',
        groups: ['deployers'],
      },
    ],
    notifications: [{ name: 'chat', slack: { url: parts.chat.url, ...overTheNetwork } }],
    recordings: {
      default: 'required',
      recipients: [parts.recipient],
      store: { dir: path.join(directory, 'recordings-store') },
      disk: { dir: path.join(parts.disk.mountPoint, 'recordings'), maxBytes: '64MiB' },
    },
  };
}

async function startOwnGateway(rig: ObservabilityRig, directory: string, closers: Closers) {
  const { bed, chat, anchor, slow } = rig;
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(path.join(directory, 'connector.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const connectorKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const real = await realClusterAccess(bed.cluster);
  const contents = { login: 'alice@example.com', groupOf: { okta: 'a', github: 'b', google: 'c' }, memberObjects: [] };
  const apis = await startDirectoryApis(contents);
  closers.add(apis.stop);
  const parts = { chat, recipient: await makeRecipient(directory), connectorKey, disk: rig.disks.recordings };
  rig.gateway = await startGateway({
    mode: 'processes',
    environment: rig.clocks.environment,
    foreignMessage,
    servers: { redis: bed.redis!.url, kafka: bed.kafka!.brokers, postgres: bed.postgres!.url },
    clusters: [
      // Members of sre only: everything that developers do is a difference.
      { ...real, shadow: [{ allow: { or: [{ groups: 'sre' }] } }] },
      { ...slow.access, name: 'slow' },
      { ...real, name: 'remote', connector: 'factory' },
    ],
    audit: {
      spool: { dir: path.join(directory, 'spools'), maxBytes: '4MiB' },
      checkpoints: { every: '1s', anchor: { url: anchor.url } },
    },
    provider: { refresh: { interval: '2s', outageGrace: '1h' }, groupSources: ['claims', 'okta'] },
    sources: [
      {
        kind: 'okta',
        url: `${apis.url}/okta`,
        token: 'okta-token',
        match: { claim: 'email', attribute: 'login' },
        ...overTheNetwork,
      },
    ],
    sessions: { encryption: { keys: [{ id: 'e2e', key: randomBytes(32).toString('base64') }] } },
    more: settingsOf(directory, parts),
  });
  closers.add(rig.gateway.stop);
}

/** Returns what sends requests as alice and as others, who log in on first use. */
function createCalls(gateway: Gateway) {
  const tokens = new Map<string, string>();
  const tokenOf = async (user: string) => {
    const token = tokens.get(user) ?? (await gateway.login(`${user}@example.com`)).token;
    tokens.set(user, token);
    return token;
  };
  return {
    login() {
      tokens.clear();
      return tokenOf('alice');
    },
    send: async (cluster = 'dev', where: string = pods, options: { method?: string; body?: string } = {}) =>
      gateway.request(`/clusters/${cluster}${where}`, {
        token: await tokenOf('alice'),
        headers: { 'content-type': 'application/json' },
        ...options,
      }),
    call: async (user: string, where: string, json?: object) =>
      gateway.request(where, {
        token: await tokenOf(user),
        ...(json && {
          method: 'POST',
          body: JSON.stringify(json),
          headers: { 'content-type': 'application/json' },
        }),
      }),
  };
}

/** Starts everything but the connector. */
export async function startObservabilityRig(): Promise<ObservabilityRig> {
  const closers = new Closers();
  const directory = mkdtempSync(path.join(runDirectory(), 'observability-'));
  const acme = await prepareAcmeProxy();
  const rig = { clocks: createClocks(), stop: () => closers.run() } as ObservabilityRig;
  try {
    rig.bed = (await startBed({
      need: ['redis', 'kafka', 'postgres', 'cluster', 'kubectl', 'pebble'],
      pebble: acme.pebble,
    })) as ObservabilityRig['bed'];
    closers.add(rig.bed.stop);
    rig.disks = {
      // The services have a directory each there.
      spool: createSmallDisk(path.join(directory, 'spools'), 'proxy', 24),
      decisions: createSmallDisk(path.join(directory, 'spools'), 'authorize', 8),
      recordings: createSmallDisk(directory, 'recordings-disk', 24),
    };
    for (const disk of Object.values(rig.disks)) closers.add(async () => disk.remove());
    mkdirSync(path.join(directory, 'home'));
    rig.slow = await startRecordingUpstream();
    closers.add(rig.slow.stop);
    [rig.anchor, rig.chat] = [await startSink(closers), await startSink(closers)];
    await startOwnGateway(rig, directory, closers);
    const { gateway } = rig;
    const binding = ['clusterrolebinding', 'developers', '--clusterrole=cluster-admin', '--group=developers'];
    await rig.bed.cluster!.admin.kubectl(['create', ...binding]);
    rig.acme = await acme.start(gateway.configFile, directory, rig.bed);
    closers.add(rig.acme.stop);
    rig.targets = [...Object.values(gateway.adminPorts), rig.acme.adminPort].map((port) => `127.0.0.1:${port}`);
    const connectorFile = path.join(directory, 'connector.yaml');
    const { host } = new URL(rig.bed.cluster!.server);
    writeFileSync(
      connectorFile,
      stringify({
        gateway: gateway.url,
        gatewayPublicKeys: [publicKeyIn(gateway.configFile)],
        caFile: gateway.caFile,
        keyFile: path.join(directory, 'connector.pem'),
        reach: [host],
        token: null,
        drain: '1s',
      }),
    );
    rig.startConnector = () => {
      const home = path.join(directory, 'home');
      const connector = startCli(['connector', '--config', connectorFile], { home, timeoutMs: 3_600_000 });
      closers.add(() => connector.stop());
      return connector;
    };
    rig.log = (service) => readFileSync(gateway.processes!.logFile(service), 'utf8');
    rig.readyz = async (service) =>
      (await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts[service]}/readyz`)).text;
    Object.assign(rig, createCalls(gateway));
    await rig.login();
    return rig;
  } catch (error) {
    await closers.run().catch(() => undefined);
    throw error;
  }
}
