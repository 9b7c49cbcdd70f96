import { setTimeout as pause } from 'node:timers/promises';
import type { Sealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { withDeadline, type Logger } from '@sallyport/kit';
import type { Position, SpoolEntry, Spool } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import { encodeEvent } from '../kafka/to-kafka-message.ts';
import type { ChainRecords } from './chain-records.ts';
import { createAnonymousBrake, type AnonymousBrake } from './create-anonymous-brake.ts';
import { createBatchSender, type BatchSender } from './create-batch-sender.ts';
import { createGapReporter, type GapReporter } from './create-gap-reporter.ts';
import { createInterruptiblePause } from './interruptible-pause.ts';
import { unavailable } from './queued-event.ts';
import { toSpooledMessage } from './spooled-event.ts';

type SpoolQueueDeps = {
  spool: Spool;
  sealer: Sealer;
  chainRecords: ChainRecords;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  publishTimeoutMs: number;
  /** How long events that no caller waits for may gather before they are sent. */
  lingerMs: number;
  /** Resolves when all messages are acknowledged. */
  deliver(messages: AuditMessage[]): Promise<void>;
  onDelivered(count: number): void;
  onFailed(): void;
  onDropped(count: number): void;
};

const batchBytes = 512 * 1024;
/** The space that an event is given before its length is known. A longer one is lost if the spool is nearly full. */
const roomForOne = 128 * 1024;
/** How often a queue that has nothing to send looks whether it is closing. */
const idleMs = 1000;

/**
 * Delivers events through a spool, to Kafka or into files. Every event is written there before it is sent, so that a
 * restarted process has all that was sent and continues its chain. The spool keeps what waits, so memory stays bounded
 * however long nothing can be sent.
 */
export class SpoolQueue {
  readonly #deps: SpoolQueueDeps;
  readonly #sender: BatchSender<SpoolEntry>;
  readonly #brake: AnonymousBrake;
  /** What callers wait for, one for each event, however many callers publish it. */
  readonly #waiters = new Map<Position, PromiseWithResolvers<void>>();
  /** The events that were published and are not acknowledged yet. One that is published again is not added again. */
  readonly #published = new Map<string, Position>();
  readonly #arrived = createInterruptiblePause();
  readonly #gaps: GapReporter;
  #next: Position;
  #behindSince: number | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  readonly #running: Promise<void>;
  #closing: Promise<void> | undefined;
  /** True once the closing checkpoint was added. */
  #hasEnded = false;

  constructor(deps: SpoolQueueDeps) {
    this.#deps = deps;
    const { spool } = deps;
    this.#sender = createBatchSender<SpoolEntry, AuditMessage[]>({
      ...deps,
      encode: (entries) => entries.map(toSpooledMessage),
      send: deps.deliver,
      onAcknowledged: (entries) => this.#settle(entries),
      onRefused: (entry, error) => this.#giveUp(entry, error),
      queued: () => this.length,
    });
    const halfOfSpool = spool.status.maxBytes / 2;
    this.#brake = createAnonymousBrake({
      isHalfFull: () => !spool.hasSpaceFor(halfOfSpool),
      accept: (record) => void this.#accept(record),
    });
    this.#gaps = createGapReporter({
      ...deps,
      hasRoom: () => !this.#hasEnded && spool.hasSpaceFor(roomForOne),
      accept: (record) => void this.#accept(record),
    });
    this.#next = deps.spool.acknowledged + 1;
    if (this.length > 0) {
      this.#behindSince = deps.now();
      deps.logger.info({ events: this.length }, 'delivering the audit events that the last process left in the spool');
    }
    this.#noteLost();
    this.#running = this.#run();
  }

  /** The number of events not yet acknowledged. */
  get length(): number {
    return this.#deps.spool.lastAppended - this.#deps.spool.acknowledged;
  }

  /** Returns since how many milliseconds there has always been an event that is not acknowledged, or 0. */
  oldestAgeMs(): number {
    return this.#behindSince === undefined ? 0 : this.#deps.now() - this.#behindSince;
  }

  hasRoom(): boolean {
    return this.#state === 'open' && !this.#deps.spool.isFull && this.#deps.spool.hasSpaceFor(roomForOne);
  }

  enqueue(record: AuditRecord): Position | undefined {
    if (this.#state !== 'open') return this.#lose(1, 'the sink is closed');
    return this.#brake.take(record) ? undefined : this.#accept(record);
  }

  /** Resolves when the event is acknowledged. */
  publish(record: AuditRecord): Promise<void> {
    return this.#waitFor(record, (position) => this.#acknowledged(position));
  }

  /** Resolves when the event is on the disk, or acknowledged. */
  keep(record: AuditRecord): Promise<void> {
    return this.#waitFor(record, (position) =>
      Promise.any([this.#acknowledged(position), this.#deps.spool.synced(position) ?? Promise.resolve()]),
    );
  }

  async #waitFor(record: AuditRecord, wait: (position: Position) => Promise<void>): Promise<void> {
    if (this.#state !== 'open') throw unavailable('The audit log is closed.');
    const queued = this.#published.get(record.id);
    if (queued === undefined && !this.hasRoom())
      throw unavailable('The spool of audit events is full, or its disk fails.');
    const position = queued ?? this.#accept(record);
    if (position === undefined) throw unavailable('The event could not be recorded.');
    this.#published.set(record.id, position);
    const late = () => unavailable('The audit log did not acknowledge the event in time.');
    const waiting = wait(position);
    this.#arrived.end();
    await withDeadline(waiting, this.#deps.publishTimeoutMs, late).catch(() => {
      throw late();
    });
  }

  #acknowledged(position: Position): Promise<void> {
    const waiter = this.#waiters.get(position) ?? Promise.withResolvers<void>();
    this.#waiters.set(position, waiter);
    // All who wait may have given up when it is rejected.
    waiter.promise.catch(() => undefined);
    return waiter.promise;
  }

  #accept(record: AuditRecord): Position | undefined {
    const { spool, sealer } = this.#deps;
    // Before it is sealed, because an event that is sealed and not kept is a gap in the chain.
    if (!spool.hasSpaceFor(roomForOne)) return this.#lose(1, 'the spool is full');
    const seq = (sealer.head?.seq ?? 0) + 1;
    try {
      const position = spool.append(encodeEvent(record, sealer.seal(record)));
      this.#behindSince ??= this.#deps.now();
      if (this.length === 1) this.#arrived.end();
      return position;
    } catch (error) {
      if (sealer.head?.seq === seq) this.#gaps.notKept((error as Error).message);
      return this.#lose(1, (error as Error).message);
    }
  }

  async #run(): Promise<void> {
    const { spool, lingerMs } = this.#deps;
    while (this.#state !== 'closed') {
      if (spool.lastAppended < this.#next) {
        if (this.#state === 'closing') return;
        await this.#arrived.wait(idleMs);
        continue;
      }
      if (this.#waiters.size === 0 && this.#state === 'open') await this.#arrived.wait(lingerMs);
      try {
        await spool.written(this.#next);
        const { lastWritten } = spool;
        const entries = await spool.read(this.#next, batchBytes);
        if (this.#isClosed()) return;
        this.#noteLost();
        // The disk has lost all of them.
        if (entries.length === 0) this.#forget(lastWritten);
        else await this.#sender.send(entries);
      } catch (error) {
        await this.#sender.waitAfter(error);
      }
    }
  }

  #giveUp({ position, entry }: SpoolEntry, error: Error): void {
    this.#lose(1, error.message);
    this.#waiters.get(position)?.reject(error);
    this.#gaps.refused({ position, entry }, error.message);
    this.#forget(position);
  }

  /** Counts and reports what the disk has lost. */
  #noteLost(): void {
    const count = this.#gaps.takeLost();
    if (count > 0) this.#deps.onDropped(count);
    this.#gaps.report();
  }

  #settle(entries: readonly SpoolEntry[]): void {
    this.#deps.onDelivered(entries.length);
    for (const { position } of entries) this.#waiters.get(position)?.resolve();
    this.#forget(entries.at(-1)!.position);
  }

  #forget(position: Position): void {
    if (this.#state === 'closed') return;
    this.#next = position + 1;
    for (const [id, at] of this.#published) {
      if (at > position) break;
      this.#published.delete(id);
      this.#waiters.delete(at);
    }
    this.#deps.spool.acknowledge(position);
    this.#behindSince = this.length === 0 ? undefined : this.#deps.now();
    this.#gaps.report();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #lose(count: number, reason: string): undefined {
    this.#deps.onDropped(count);
    this.#deps.logger.error({ count, reason }, 'lost audit events');
  }

  /** Delivers what it can within `timeoutMs`, ends the chain, and leaves the rest in the spool. */
  close(timeoutMs: number): Promise<void> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#brake.end();
    this.#state = 'closing';
    this.#arrived.end();
    this.#sender.hurry();
    const late = new AbortController();
    await Promise.race([
      this.#deliverLast(),
      pause(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    this.#sender.stop();
    this.#endChain();
    this.#state = 'closed';
    for (const waiter of this.#waiters.values()) waiter.reject(unavailable('The audit log is closed.'));
    const left = this.length;
    const { unwritten } = await this.#deps.spool.close(Math.max(timeoutMs, 1000));
    if (unwritten > 0) this.#lose(unwritten, 'the disk of the spool did not take them');
    else if (left > 0)
      this.#deps.logger.warn({ events: left }, 'left audit events in the spool; the next start sends them');
  }

  async #deliverLast(): Promise<void> {
    await this.#running;
    this.#endChain();
    if (this.#state === 'closing') await this.#run();
  }

  /** Adds the closing checkpoint. Nothing may follow it, not even the report of a loss. */
  #endChain(): void {
    if (this.#hasEnded || this.#isClosed() || this.#deps.sealer.head === undefined) return;
    this.#hasEnded = true;
    this.#accept(this.#deps.chainRecords.closing());
  }
}
