import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startPod, theBed, type ClusterEvent } from '../harness/index.ts';
import { logIn } from '../harness/log-in.ts';
import type { Closers } from '../harness/closers.ts';
import { prepareConnector } from '../pods/connector-release.ts';
import { dialsThrough } from '../pods/dials-through.ts';
import { prepareInstallation, type Installation } from '../pods/install.ts';
import { connectorPods, type ConnectorPods } from './connector-pods.ts';
import { settled } from './service-pods.ts';
import { startSteadyRequests, type SteadyRequests } from './steady-requests.ts';
import { startSteadyStreams, type SteadyStreams } from './steady-streams.ts';

const namespace = 'dev';
/** The cluster once more, behind a connector. */
const far = 'far';
const groups = ['developers', 'sre', 'security-auditors'];
const pod = 'steady';
const user = 'alice@example.com';
/**
 * How many clients send plain requests, one at a time each, and how many requests per second they send together. Half of
 * them use HTTP/2, unless it is false.
 */
export type Load = { clients: number; perSecond: number; http2?: false };

/** Sallyport and a connector as pods, with clients that use them all the time. */
export type RollingRig = {
  requests: SteadyRequests;
  /** Requests to the cluster behind the connector. */
  farRequests: SteadyRequests;
  connector: ConnectorPods;
  /** How many connections the gateways that now run opened through the connector, by their result. */
  dials(): Promise<Record<string, number>>;
  streams: SteadyStreams;
  /** When the requests began (RFC 3339). */
  since: string;
};

/** Prepares the manifests with the cluster behind a connector, each of whose pods has one connection. */
async function prepareFar(closers: Closers) {
  const { admin } = theBed().cluster!;
  closers.add(() => admin.tryKubectl(['delete', 'namespace', far, '--wait=false']));
  const connector = await prepareConnector(far, groups);
  const installation = await prepareInstallation(closers, 'k8s', (config) => {
    const [home] = config.clusters;
    config.streams = { drain: '6s', perUser: 300 };
    config.gateway.http2 = true;
    config.connectors = [connector.entry];
    config.clusters.push({ ...connector.cluster, caFile: home!['caFile'], policyFile: home!['policyFile'] });
  });
  const install = async () => {
    const { data } = JSON.parse(
      await admin.kubectl(['get', 'configmap', 'sallyport-public-keys', '-n', 'sallyport', '-o', 'json']),
    ) as { data: Record<string, string> };
    const { url, caFile } = installation;
    const gateway = { url, publicKey: data['proxy.pub']!, ca: readFileSync(caFile, 'utf8') };
    await connector.install(gateway, { carriers: 1, drainSeconds: 6 });
    closers.add(() => connector.release.helm(['uninstall', connector.secretName]));
  };
  return { installation, install };
}

/** Clients that use an installation all the time. */
export type Clients = Pick<RollingRig, 'requests' | 'streams' | 'since'> & {
  /** Where they send requests, with the token of their session. */
  access: { url: string; ca: string; token: string; namespace: string };
  /** Logs their user in once more. Returns the token. */
  logIn(): Promise<string>;
};

/** Applies an overlay, and waits until all pods are ready. */
export async function applyOverlay(overlay: string, closers: Closers): Promise<void> {
  const { admin } = theBed().cluster!;
  await admin.kubectl(['apply', '-k', overlay]);
  closers.add(() => admin.kubectl(['delete', '-k', overlay, '--timeout=240s']));
  await settled();
}

/** Starts the pod that the clients use. */
export async function startSteadyPod(closers: Closers): Promise<void> {
  // A name of its own: other suites have a pod in this namespace too, which does something else.
  await startPod(namespace, pod, 'while sleep 5; do echo tick; done');
  closers.add(() => theBed().cluster!.admin.kubectl(['delete', 'pod', pod, '-n', namespace]));
}

/** Logs a user in, and starts plain requests and 100 streams of theirs. */
export async function startClients(closers: Closers, installation: Installation, load: Load): Promise<Clients> {
  const { url, caFile } = installation;
  const ca = readFileSync(caFile, 'utf8');
  const again = async () => (await logIn({ url, pagesUrl: url, caPem: ca }, { user, password: 'alice' })).token;
  const token = await again();
  const access = { url, ca, token, namespace };
  const streams = await startSteadyStreams({ ...access, pod, count: { watch: 80, logs: 12, exec: 8 } });
  closers.add(() => streams.stop());
  const since = new Date().toISOString();
  const requests = startSteadyRequests({ ...access, ...load, cluster: 'home' });
  closers.add(() => requests.stop());
  return { access, requests, streams, since, logIn: again };
}

/** Installs Sallyport and a connector, and starts their clients. */
export async function startRollingRig(closers: Closers, load: Load, farLoad: Load): Promise<RollingRig> {
  const { installation, install } = await prepareFar(closers);
  await startSteadyPod(closers);
  await applyOverlay(installation.overlay, closers);
  await install();
  const { access, ...clients } = await startClients(closers, installation, load);
  const farRequests = startSteadyRequests({ ...access, ...farLoad, cluster: far });
  closers.add(() => farRequests.stop());
  return {
    ...clients,
    farRequests,
    connector: connectorPods(far, installation.url),
    dials: () => dialsThrough('sallyport', far),
  };
}

/** Returns the names of the ConfigMaps that the clients created. */
export async function configMapsInCluster(): Promise<string[]> {
  const names = await theBed().cluster!.admin.kubectl(['get', 'configmaps', '-n', namespace, '-o', 'name']);
  return names.split('\n').flatMap((line) => /^configmap\/(rolling-\w+-\d+)$/.exec(line)?.[1] ?? []);
}

/**
 * Returns how often the cluster was asked since a time to create one of these ConfigMaps, by the status of its answer. Its log is too
 * long to be read at once.
 */
export async function createdInCluster(since: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const line of createInterface({ input: createReadStream(theBed().cluster!.auditLogFile) })) {
    if (!line.includes('"verb":"create"') || !line.endsWith('}')) continue;
    const event = JSON.parse(line) as ClusterEvent & {
      requestReceivedTimestamp: string;
      responseStatus?: { code: number };
    };
    if (event.stage !== 'ResponseComplete' || event.requestReceivedTimestamp < since) continue;
    if (event.impersonatedUser?.username !== user) continue;
    if (!event.requestURI.startsWith(`/api/v1/namespaces/${namespace}/configmaps`)) continue;
    const code = String(event.responseStatus?.code);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}
