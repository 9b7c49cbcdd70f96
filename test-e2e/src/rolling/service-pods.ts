import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, theBed } from '../harness/index.ts';

const namespace = 'sallyport';
/** How often the pods are asked for. Each time starts a kubectl, and the pods need the processor themselves. */
const pollMs = 1000;
/** How long a rolling restart of everything may take on a busy machine. */
const settleMs = 300_000;

/** The services, in the order in which they are upgraded. */
export const services = ['authorize', 'authenticate', 'audit', 'proxy'] as const;
export type Service = (typeof services)[number];

/** A pod on the node. */
export type RunningPod = { name: string; uid: string; ip: string; ready: boolean; stopping: boolean };
export type ServicePod = RunningPod & { service: Service };

type PodObject = {
  metadata: { name: string; uid: string; labels: Record<string, string>; deletionTimestamp?: string };
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
};

const admin = () => theBed().cluster!.admin;

async function list(where: string, label: string): Promise<(RunningPod & { labels: Record<string, string> })[]> {
  const found = await admin().kubectl(['get', 'pods', '-n', where, '-l', label, '-o', 'json']);
  return (JSON.parse(found) as { items: PodObject[] }).items.map(({ metadata, status }) => ({
    name: metadata.name,
    uid: metadata.uid,
    ip: status.podIP ?? '',
    labels: metadata.labels,
    ready: status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    stopping: metadata.deletionTimestamp !== undefined,
  }));
}

/** Lists the pods of the connector in a namespace, including those that are being stopped. */
export const podsOfConnector = (where: string): Promise<RunningPod[]> =>
  list(where, 'app.kubernetes.io/name=sallyport-connector');

/** Lists the pods of a service, or of all, including those that are being stopped. */
export async function podsOf(service?: Service): Promise<ServicePod[]> {
  const label = service === undefined ? 'app.kubernetes.io/name' : `app.kubernetes.io/component=${service}`;
  const pods = await list(namespace, label);
  return pods.map((one) => ({ ...one, service: one.labels['app.kubernetes.io/component'] as Service }));
}

/** Waits until two pods of every service are ready, none of them is among `before`, and nothing is being stopped. */
export async function settled(before: readonly ServicePod[] = []): Promise<void> {
  const gone = new Set(before.map((pod) => pod.uid));
  let last: ServicePod[] = [];
  await eventually(
    'two ready pods of each service, and no others',
    async () => {
      await pause(pollMs);
      last = await podsOf();
      return (
        last.length === 2 * services.length && last.every((pod) => pod.ready && !pod.stopping && !gone.has(pod.uid))
      );
    },
    settleMs,
    () => JSON.stringify(last.map(({ name, ready, stopping }) => [name, ready, stopping])),
  );
}

/** Restarts Deployments in a rolling way, all at the same time, and waits until the previous pods are gone. */
export async function restart(...which: readonly Service[]): Promise<void> {
  const before = (await podsOf()).filter((pod) => which.includes(pod.service));
  await admin().kubectl(['rollout', 'restart', '-n', namespace, ...which.map((name) => `deployment/${name}`)]);
  await settled(before);
}

/** Evicts every pod of a service, one after the other, as a node drain does. The budget of the service is in force. */
export async function evictEach(service: Service): Promise<{ refused: number }> {
  const before = await podsOf(service);
  let refused = 0;
  const evict = ({ name }: ServicePod) =>
    admin().tryKubectl(['create', '-f', '-', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`], {
      input: JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }),
    });
  for (const pod of before)
    await eventually(
      `the eviction of ${pod.name}`,
      async () => {
        const { code, stderr } = await evict(pod);
        if (code === 0) return true;
        if (!stderr.includes('disruption budget')) throw new Error(stderr);
        refused += 1;
        await pause(pollMs);
        return false;
      },
      120_000,
    );
  await settled(before);
  return { refused };
}

/** Finds the program of a pod among the processes of this machine, on which the node runs. */
export function programOf({ uid, name }: RunningPod): number {
  const mine = (pid: string) => {
    try {
      const inPod = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(uid);
      return inPod && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('main.js');
    } catch {
      return false; // it has ended
    }
  };
  const pid = readdirSync('/proc').find((one) => /^\d+$/.test(one) && mine(one));
  if (pid === undefined) throw new Error(`no process of the pod ${name}`);
  return Number(pid);
}

/** Kills the program of a pod with SIGKILL, and waits until its container runs again. */
export async function killProgram(pod: RunningPod): Promise<void> {
  const pid = programOf(pod);
  process.kill(pid, 'SIGKILL');
  await eventually(`another process in ${pod.name}`, () => {
    try {
      return programOf(pod) !== pid;
    } catch {
      return false;
    }
  });
}

/** Kills the program of one pod of a service, and waits until all pods are ready again. */
export async function killOne(service: Service): Promise<void> {
  await killProgram((await podsOf(service))[0]!);
  await settled();
}
