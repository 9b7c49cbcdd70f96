import type { AuditPage, AuditQuery, AuditRecord } from '@sallyport/contracts';

/** The person whose events may be seen, identified by issuer and subject. */
export type OnlyOf = { issuer: string; subject: string };

/**
 * What is kept: the newest `keep` events, the newest `keepAnonymous` events of anonymous callers in addition, and none
 * from before `before` (milliseconds since the epoch, compared with the time of the event). `rememberIds` is how many
 * ids of aggregated events are kept.
 */
export type Bounds = { keep?: number; keepAnonymous?: number; before?: number; rememberIds?: number };

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
  /** Deletes what is out of bounds. Resolves to the number of deleted events. */
  trim(bounds: Bounds): Promise<number>;
  /** Resolves if the store can be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown when the store refuses the events themselves, so that storing them again is pointless. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}
