import type { ReplicaStatus } from '@sallyport/contracts';
import { createListeners } from '@sallyport/kit';
import { byServiceAndId, reportLifeMs, type ReplicaRegistry } from './replica-registry.ts';

const most = 1000;

/** A registry in this process's memory, for one replica of authorize. */
export function createMemoryReplicaRegistry(deps: { now: () => number }): ReplicaRegistry {
  const reports = new Map<string, { text: string; until: number }>();
  const requests = createListeners<void>();
  const sweep = () => {
    for (const [id, { until }] of reports) if (until <= deps.now()) reports.delete(id);
  };
  return {
    async put(status) {
      sweep();
      if (reports.size < most || reports.has(status.id))
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
