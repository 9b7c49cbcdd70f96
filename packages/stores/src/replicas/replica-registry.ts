import type { ReplicaStatus } from '@sallyport/contracts';

/** How often a replica reports, and how long a report counts; milliseconds. */
export const reportEveryMs = 5000;
export const reportLifeMs = 16_000;

/**
 * Where replicas tell each other how they are. An unreachable registry rejects with `sessions-unavailable`. Every backend
 * passes one conformance suite.
 */
export interface ReplicaRegistry {
  /** Puts a report up for 16 s, in place of the replica's last one. */
  put(status: ReplicaStatus): Promise<void>;
  remove(id: string): Promise<void>;
  /** Those who have reported lately, by service and id. */
  list(): Promise<ReplicaStatus[]>;
  /** Asks every replica to read its configuration again. */
  requestReload(): Promise<void>;
  /** Calls back whenever somebody asks; returns how to stop. */
  onReloadRequest(listener: () => void): () => void;
}

/** The order of a list of reports. */
export function byServiceAndId(a: ReplicaStatus, b: ReplicaStatus): number {
  return a.service.localeCompare(b.service) || a.id.localeCompare(b.id);
}
