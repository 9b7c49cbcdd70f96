import type { StoredPositions, TopicPlace } from '@sallyport/audit-log';
import type { AuditPage, AuditQuery, AuditRecord } from '@sallyport/contracts';

/**
 * The person whose events may be seen, identified by issuer and subject. `and` are events that they may see in addition:
 * those of some clusters, and those without a cluster.
 */
export type OnlyOf = { issuer: string; subject: string; and?: { clusters: string[]; withoutCluster: boolean } };

/** A time range whose events are kept, in milliseconds since the epoch. Without `until` it has no end. */
export type LegalHold = { name: string; from: number; until?: number | undefined };

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

/** The searchable store of audit events. While the database is down, every method rejects with `service-unavailable`. */
export interface EventStore {
  /**
   * Stores the events that are not stored yet, all or none. Events with a known id stay as they are. Repeated events of
   * an anonymous caller (same address, same cause) become one event per hour: the newest, with `sallyport.aggregated`.
   * Rejects with UnstorableError if the store can never store the events. With `place`, it remembers how far the topic is
   * stored. It rejects with StoreBehindError if it lacks messages before these.
   */
  add(records: readonly AuditRecord[], place?: TopicPlace): Promise<void>;
  /** Returns how far a topic is stored, by partition. */
  positions: StoredPositions;
  /** Finds the events that meet every condition. Rejects with `bad-request` for a cursor that it did not issue. */
  find(query: AuditQuery, only?: OnlyOf): Promise<AuditPage>;
  /** Deletes what is out of bounds. Resolves to the number of deleted events. */
  trim(bounds: Bounds): Promise<number>;
  /** Creates the partitions of the next days, so that storing the first event of a day does not have to. */
  prepare(now: number): Promise<void>;
  /** Returns the partitions, the oldest first. */
  partitions(): Promise<StoredPartition[]>;
}

/** Thrown when the store refuses the events themselves, so that storing them again is pointless. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}
