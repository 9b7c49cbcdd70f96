import type { AuditRecord } from '@sallyport/contracts';

/** Where audit events go: Kafka, or the in-process bus of the embedded constellation. */
export interface AuditSink {
  /**
   * Resolves when the event is acknowledged by the log; rejects with `audit-unavailable` within the sink's deadline.
   * The event is still delivered later if it was taken in.
   */
  publish(record: AuditRecord): Promise<void>;
  /**
   * Takes an event in for delivery without waiting. Never refuses: callers ask `hasRoom()` before they begin what will
   * need it. When half of the room is taken, repetitions of anonymous callers are told as one event with a count.
   */
  enqueue(record: AuditRecord): void;
  /** False when the bounded queue is full: nothing new may begin. */
  hasRoom(): boolean;
  /** Resolves if the log can be reached now. */
  ping(): Promise<void>;
  /** Delivers what is queued (bounded by `timeoutMs`), then closes. */
  close(timeoutMs?: number): Promise<void>;
}

/**
 * What a consumer of the in-process bus or of Kafka gives: resolves when the event is stored, so that it may be
 * acknowledged.
 */
export type AuditConsumer = (records: readonly AuditRecord[]) => Promise<void>;
