import type { AuditPage, AuditQuery, AuditRecord } from '@sallyport/contracts';

/** Whose events may be seen, when not everybody's: issuer and subject together are the person. */
export type OnlyOf = { issuer: string; subject: string };

/**
 * What is kept: the newest `keep` events, of anonymous callers the newest `keepAnonymous` besides, and none from before
 * `before` (milliseconds since the epoch, by the event's own time). `rememberIds` is how many ids of events that were
 * counted together are kept.
 */
export type Bounds = { keep?: number; keepAnonymous?: number; before?: number; rememberIds?: number };

/**
 * The searchable store of audit events. Every method but `close` rejects with `service-unavailable` while the store is
 * away.
 */
export interface AuditStore {
  /**
   * Stores the events that are not stored yet, all or none. Events already known by their id are left as they are.
   * Repetitions of an anonymous caller, alike in address and cause, become one event per hour: the newest, with
   * `sallyport.aggregated`. Rejects with UnstorableError when the store will never take them as they are.
   */
  add(records: readonly AuditRecord[]): Promise<void>;
  /** Finds what meets every condition. Rejects with `bad-request` for a place it did not give out. */
  find(query: AuditQuery, only?: OnlyOf): Promise<AuditPage>;
  /** Deletes what is out of bounds; resolves to how many events that were. */
  trim(bounds: Bounds): Promise<number>;
  /** Resolves if the store can be used now. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The store refuses these very events, so that trying again is of no use. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}
