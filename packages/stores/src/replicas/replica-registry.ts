import type { ReplicaStatus } from '@sallyport/contracts';
import { createListeners } from '@sallyport/kit';

/** How often a replica reports, and how long a report is valid, in milliseconds. */
export const reportEveryMs = 5000;
export const reportLifeMs = 16_000;

/**
 * Keeps the status of every replica. A registry that cannot be reached rejects with `sessions-unavailable`. Every backend
 * passes the same conformance suite.
 */
export interface ReplicaRegistry {
  /** Keeps a report for 16 s, replacing the replica's last one. */
  put(status: ReplicaStatus): Promise<void>;
  remove(id: string): Promise<void>;
  /** Lists the replicas that have reported lately, by service and id. */
  list(): Promise<ReplicaStatus[]>;
  /** Asks every replica to read its configuration again. */
  requestReload(): Promise<void>;
  /** Calls back for each such request. Returns a function that unsubscribes. */
  onReloadRequest(listener: () => void): () => void;
}

/** Compares two reports by service, then by id. */
export function byServiceAndId(a: ReplicaStatus, b: ReplicaStatus): number {
  return a.service.localeCompare(b.service) || a.id.localeCompare(b.id);
}

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
