import type { ReplicaStatus } from '@sallyport/contracts';
import { createListeners } from '@sallyport/kit';
import { byServiceAndId, reportLifeMs, type ReplicaRegistry } from './replica-registry.ts';

const maxReplicas = 1000;

/** Creates a registry in memory, for a single replica of authorize. */
export function createMemoryReplicaRegistry(deps: { now: () => number }): ReplicaRegistry {
  const reports = new Map<string, { text: string; until: number }>();
  const requests = createListeners<void>();
  const sweep = () => {
    for (const [id, { until }] of reports) if (until <= deps.now()) reports.delete(id);
  };
  return {
    async put(status) {
      sweep();
      if (reports.size < maxReplicas || reports.has(status.id))
        reports.set(status.id, { text: JSON.stringify(status), until: deps.now() + reportLifeMs });
    },
    async remove(id) {
      reports.delete(id);
    },
    async list() {
      sweep();
      return [...reports.values()].map(({ text }) => JSON.parse(text) as ReplicaStatus).toSorted(byServiceAndId);
    },
    requestReload: async () => requests.tell(),
    onReloadRequest: (listener) => requests.add(listener),
  };
}
