import type { ReplicaStatus } from '@sallyport/contracts';

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
