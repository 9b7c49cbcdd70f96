import type { AuditRecord } from '@sallyport/contracts';

/** Where audit events go: Kafka, or the in-process bus when all services run in one process. */
export interface AuditSink {
  /**
   * Resolves when the log acknowledges the event. Rejects with `audit-unavailable` at the sink's deadline. An accepted
   * event is still delivered later.
   */
  publish(record: AuditRecord): Promise<void>;
  /**
   * Queues an event without waiting, and never refuses one. Callers check `hasRoom()` before they start work that needs
   * it. While the queue is at least half full, repeated events of anonymous callers become one event with a count.
   */
  enqueue(record: AuditRecord): void;
  /** False when the bounded queue is full. Callers must not start new work. */
  hasRoom(): boolean;
  /** Resolves if the log can be reached. */
  ping(): Promise<void>;
  /** Delivers the queued events within `timeoutMs`, then closes. */
  close(timeoutMs?: number): Promise<void>;
}

/** Consumes events of the in-process bus or of Kafka. Resolves when they are stored and can be acknowledged. */
export type AuditConsumer = (records: readonly AuditRecord[]) => Promise<void>;
