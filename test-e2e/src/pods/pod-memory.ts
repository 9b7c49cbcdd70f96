import { theBed } from '../harness/index.ts';

type Summary = {
  pods: {
    podRef: { namespace: string };
    containers?: { name: string; memory?: { workingSetBytes?: number } }[];
  }[];
};

type Pods = {
  items: {
    spec: {
      containers: { name: string; resources: { requests: { memory: string }; limits: { memory: string } } }[];
    };
  }[];
};

/** The memory of a container in MiB: what it uses, what it requests, and what it may use. */
export type ContainerMemory = { name: string; used: number; requested: number; limit: number };

function mebibytes(quantity: string): number {
  const [, count, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (count === undefined) throw new Error(`the test does not know the unit of ${quantity}`);
  return Number(count) * (unit === 'Gi' ? 1024 : 1);
}

/** Returns the memory of the running containers of a namespace: the working set, by which the kubelet evicts pods. */
export async function containerMemory(namespace: string): Promise<ContainerMemory[]> {
  const { admin, node } = theBed().cluster!;
  const summary = await admin.kubectl(['get', '--raw', `/api/v1/nodes/${node!.name}/proxy/stats/summary`]);
  const stats = (JSON.parse(summary) as Summary).pods.filter(({ podRef }) => podRef.namespace === namespace);
  const used = new Map(stats.flatMap((pod) => pod.containers ?? []).map((one) => [one.name, one.memory]));
  const pods = JSON.parse(await admin.kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as Pods;
  return pods.items
    .flatMap(({ spec }) => spec.containers)
    .flatMap(({ name, resources: { requests, limits } }) => {
      const bytes = used.get(name)?.workingSetBytes;
      if (bytes === undefined) return [];
      const [requested, limit] = [mebibytes(requests.memory), mebibytes(limits.memory)];
      return [{ name, used: Math.round(bytes / 1024 ** 2), requested, limit }];
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
