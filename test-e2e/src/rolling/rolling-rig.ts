import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startPod, theBed, type ClusterEvent } from '../harness/index.ts';
import { logIn } from '../harness/log-in.ts';
import type { Closers } from '../harness/closers.ts';
import { prepareInstallation } from '../pods/install.ts';
import { settled } from './service-pods.ts';
import { startSteadyRequests, type SteadyRequests } from './steady-requests.ts';
import { startSteadyStreams, type SteadyStreams } from './steady-streams.ts';

const namespace = 'dev';
const pod = 'steady';
const user = 'alice@example.com';
/** How many clients send plain requests, one at a time each, and how many requests per second they send together. */
export type Load = { clients: number; perSecond: number };

/** Sallyport as pods, with clients that use it all the time. */
export type RollingRig = {
  requests: SteadyRequests;
  streams: SteadyStreams;
  /** When the requests began (RFC 3339). */
  since: string;
};

/** Installs Sallyport, and starts plain requests and 100 streams of one user. */
export async function startRollingRig(closers: Closers, load: Load): Promise<RollingRig> {
  const { admin } = theBed().cluster!;
  const installation = await prepareInstallation(closers, 'k8s', { streams: { drain: '6s', perUser: 300 } });
  // A name of its own: other suites have a pod in this namespace too, which does something else.
  await startPod(namespace, pod, 'while sleep 5; do echo tick; done');
  closers.add(() => admin.kubectl(['delete', 'pod', pod, '-n', namespace]));
  await admin.kubectl(['apply', '-k', installation.overlay]);
  closers.add(() => admin.kubectl(['delete', '-k', installation.overlay, '--timeout=120s'], { timeoutMs: 130_000 }));
  await settled();
  const ca = readFileSync(installation.caFile, 'utf8');
  const { token } = await logIn(
    { url: installation.url, pagesUrl: installation.url, caPem: ca },
    { user, password: 'alice' },
  );
  const access = { url: installation.url, ca, token, namespace };
  const streams = await startSteadyStreams({ ...access, pod, count: { watch: 80, logs: 12, exec: 8 } });
  closers.add(() => streams.stop());
  const since = new Date().toISOString();
  const requests = startSteadyRequests({ ...access, ...load });
  closers.add(() => requests.stop());
  return { requests, streams, since };
}

/** Returns the names of the ConfigMaps that the clients created. */
export async function configMapsInCluster(): Promise<string[]> {
  const names = await theBed().cluster!.admin.kubectl(['get', 'configmaps', '-n', namespace, '-o', 'name']);
  return names.split('\n').flatMap((line) => /^configmap\/(rolling-\d+)$/.exec(line)?.[1] ?? []);
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
