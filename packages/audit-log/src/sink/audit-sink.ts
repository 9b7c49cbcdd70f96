import type { AuditRecord } from '@sallyport/contracts';
import type { TopicPlace } from './topic-place.ts';

/**
 * Names an event that was queued in a spool. Undefined if there is no spool, if the event could not be kept, and if it
 * became part of a count.
 */
export type AuditTicket = number | undefined;

/** Where audit events go: Kafka, or the log of this process when all services run in it. */
export interface AuditSink {
  /**
   * Resolves when the log acknowledges the event. Rejects with `audit-unavailable` at the sink's deadline. An accepted
   * event is still delivered later. One that is published again until then waits for the first, and is sent once.
   */
  publish(record: AuditRecord): Promise<void>;
  /**
   * Only with a spool: resolves when the event is on the disk or the log has acknowledged it, whichever is first.
   * Rejects as `publish` does.
   */
  keep?(record: AuditRecord): Promise<void>;
  /**
   * Queues an event without waiting, and never refuses one. Callers check `hasRoom()` before they start work that needs
   * it. While the queue is at least half full, repeated events of anonymous callers become one event with a count.
   * With a spool, returns the ticket of the event for `written`.
   */
  enqueue(record: AuditRecord): AuditTicket;
  /**
   * Only with a spool: returns undefined if the event with this ticket is in a file of the spool, where it survives the
   * death of the process, or a promise that resolves then. Unlike `keep`, it does not wait for the disk. Asking late
   * costs least, because the event is written soon in any case. Rejects with `audit-unavailable` at the sink's deadline,
   * and for an event without a ticket.
   */
  written?(ticket: AuditTicket): Promise<void> | undefined;
  /** Only with a spool: returns why its disk fails, or undefined. While it fails, `hasRoom()` is false. */
  failure?(): string | undefined;
  /**
   * Only with Kafka and without a spool: resolves when the first attempt to connect has ended, whether or not Kafka
   * answered. What is published before that may miss the sink's deadline.
   */
  opened?: Promise<void>;
  /** False when the bounded queue is full. Callers must not start new work. */
  hasRoom(): boolean;
  /** Resolves if the log can be reached. */
  ping(): Promise<void>;
  /** Delivers the queued events within `timeoutMs`, then closes. */
  close(timeoutMs?: number): Promise<void>;
}

/** Consumes events of the log of this process or of Kafka. Resolves when they are stored and can be acknowledged. */
export type AuditConsumer = (records: readonly AuditRecord[], place?: TopicPlace) => Promise<void>;

/** The audit log of a single process, which all of its services share: in files, or in memory only. */
export interface AuditLog extends AuditSink {
  /**
   * Sends events to `consumer`, in order and in batches, each event at least once: a batch that it rejects comes again.
   * A log in files keeps the position of the consumer under its name, which must be unique: a new consumer begins with
   * the oldest event that is there, and continues where it was after a restart, unless `store`, which names what it
   * writes into, is another one now. A log in memory begins with the next event. Returns a function that unsubscribes,
   * and resolves when the consumer is not called any more.
   */
  subscribe(name: string, consumer: AuditConsumer, store?: string): () => Promise<void>;
}
