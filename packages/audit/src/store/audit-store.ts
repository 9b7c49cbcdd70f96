import type { ElevationUse, UsesQuery } from '../elevation-report/elevation-use.ts';
import type { ClusterEventStore } from '../cluster-events/cluster-event-store.ts';
import type { JoinStore } from '../cluster-events/join-store.ts';
import type { ProofStore } from '../proof/proof-store.ts';
import type { AuditPage, AuditQuery, AuditRecord, AuditReport, ReportQuery } from '@sallyport/contracts';

/**
 * The person whose events may be seen, identified by issuer and subject. `and` are events that they may see in addition:
 * those of some clusters, and those without a cluster.
 */
export type OnlyOf = { issuer: string; subject: string; and?: { clusters: string[]; withoutCluster: boolean } };

/** A time range whose events are kept, in milliseconds since the epoch. Without `until` it has no end. */
export type LegalHold = { name: string; from: number; until?: number };

/**
 * What is kept: the newest `keep` events, the newest `keepAnonymous` events of anonymous callers in addition, and none
 * of a day (UTC) that was over at `before` (milliseconds since the epoch). Days that a hold touches are kept whole.
 * `rememberIds` is how many ids of aggregated events are kept, and `keepPlaces` how many of their places in the chain of
 * their producer.
 */
export type Bounds = {
  keep?: number;
  keepAnonymous?: number;
  before?: number;
  rememberIds?: number;
  keepPlaces?: number;
  holds?: readonly LegalHold[];
};

/** A partition of the store. `oldest` is the time of its oldest event, if it has any. */
export type StoredPartition = { name: string; events: number; bytes: number; oldest?: string };

/** The searchable store of audit events. While it is down, every method but `close` rejects with `service-unavailable`. */
export interface AuditStore {
  /**
   * Stores the events that are not stored yet, all or none. Events with a known id stay as they are. Repeated events of
   * an anonymous caller (same address, same cause) become one event per hour: the newest, with `sallyport.aggregated`.
   * Rejects with UnstorableError if the store can never store the events.
   */
  add(records: readonly AuditRecord[]): Promise<void>;
  /** Finds the events that meet every condition. Rejects with `bad-request` for a cursor that it did not issue. */
  find(query: AuditQuery, only?: OnlyOf): Promise<AuditPage>;
  /** Counts the requests to clusters of a period. Events of anonymous callers are not counted. */
  report(query: ReportQuery, only?: OnlyOf): Promise<AuditReport>;
  /** Finds what was done under elevations in a period. */
  elevationUses(query: UsesQuery, only?: OnlyOf): Promise<ElevationUse[]>;
  /** Deletes what is out of bounds. Resolves to the number of deleted events. */
  trim(bounds: Bounds): Promise<number>;
  /** Creates the partitions of the next days, so that storing the first event of a day does not have to. */
  prepare(now: number): Promise<void>;
  /** Returns the partitions, the oldest first. */
  partitions(): Promise<StoredPartition[]>;
  /** How far the trail is complete, in the same database. */
  readonly proof: ProofStore;
  /** The clusters' own audit events, in the same database. */
  readonly clusterEvents: ClusterEventStore;
  /** How far they are compared with the trail. */
  readonly join: JoinStore;
  /** Resolves if the store can be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown when the store refuses the events themselves, so that storing them again is pointless. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}
