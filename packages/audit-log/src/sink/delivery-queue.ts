import { setImmediate } from 'node:timers/promises';
import type { Sealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { ChainRecords } from './chain-records.ts';
import { createAnonymousBrake, type AnonymousBrake } from './create-anonymous-brake.ts';
import { createBatchSender, type BatchSender } from './create-batch-sender.ts';
import { createInterruptiblePause } from './interruptible-pause.ts';
import { rejectWaiters, resolveWaiters, unavailable, type QueuedEvent, type Waiter } from './queued-event.ts';

type DeliveryQueueDeps<Item> = {
  logger: Logger;
  now: () => number;
  /** Gives every event that is accepted its place in the chain. */
  sealer: Sealer;
  chainRecords: ChainRecords;
  /**
   * Called once when an event is accepted and sealed. `value` is its data as it goes on the wire, and valid during the
   * call. Returns the item to deliver; `weight` limits the size of a batch.
   */
  prepare(record: AuditRecord, value: Buffer): { item: Item; weight: number };
  /** Resolves when all items are acknowledged. On failure it is called again with the same array until it succeeds. */
  deliver(items: readonly Item[]): Promise<void>;
  onDelivered?(count: number): void;
  onFailed?(): void;
  onDropped?(count: number): void;
  publishTimeoutMs: number;
  queueLimit: number;
  /** The weight of all queued events at which the queue is full. Events may be long and must not fill the memory. */
  queueWeight?: number;
  /** How long events that no caller waits for may gather before they are sent. */
  lingerMs: number;
  /** The size of a good batch. Gathering ends early when it is reached. */
  gatherCount?: number;
  batchLimit?: number;
  batchWeight?: number;
};

/** Fills in the defaults. */
function withDefaults<Item>(deps: DeliveryQueueDeps<Item>): Required<DeliveryQueueDeps<Item>> {
  const nothing = () => undefined;
  return {
    onDelivered: nothing,
    onFailed: nothing,
    onDropped: nothing,
    gatherCount: 64,
    batchLimit: 500,
    batchWeight: 512 * 1024,
    queueWeight: 64 * 1024 * 1024,
    ...deps,
  };
}

/**
 * The core of both sinks. Accepts events, gives them their places in the chain, delivers them in order and in batches,
 * and keeps and retries what could not be delivered.
 */
export class DeliveryQueue<Item> {
  readonly #deps: Required<DeliveryQueueDeps<Item>>;
  #pending: QueuedEvent<Item>[] = [];
  #inFlight: readonly QueuedEvent<Item>[] = [];
  #awaited = 0;
  /** The events that were published and are not acknowledged yet. One that is published again is not queued again. */
  readonly #published = new Map<string, QueuedEvent<Item>>();
  /** The weight of the events not yet acknowledged, including those in flight. */
  #weight = 0;
  #running: Promise<void> | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  readonly #sender: BatchSender<QueuedEvent<Item>>;
  readonly #brake: AnonymousBrake;
  /** Ends early when a caller waits, when enough has gathered, or when the queue closes. */
  readonly #gatherPause = createInterruptiblePause();
  #closing: Promise<number> | undefined;

  constructor(deps: DeliveryQueueDeps<Item>) {
    this.#deps = withDefaults(deps);
    const { logger, now, deliver, onFailed, onDelivered } = this.#deps;
    this.#sender = createBatchSender<QueuedEvent<Item>, readonly Item[]>({
      logger,
      now,
      encode: (events) => events.map(({ item }) => item),
      send: deliver,
      onAcknowledged: (events) => {
        onDelivered(events.length);
        this.#forget(events);
        resolveWaiters(events);
      },
      onRefused: (event, error) => this.#giveUp(event, error.message),
      onFailed,
      queued: () => this.length,
    });
    this.#brake = createAnonymousBrake({
      isHalfFull: () => this.#isHalfFull(),
      accept: (record) => this.#acceptUnwaited(record),
    });
  }

  /** The number of events not yet acknowledged, including those in flight. */
  get length(): number {
    return this.#pending.length + this.#inFlight.length;
  }

  /** Returns the age in milliseconds of the oldest event not yet acknowledged, or 0. */
  oldestAgeMs(): number {
    const oldest = this.#inFlight[0] ?? this.#pending[0];
    return oldest ? this.#deps.now() - oldest.at : 0;
  }

  /** True from a failed delivery until one succeeds. */
  get isUnavailable(): boolean {
    return this.#sender.isFailing;
  }

  hasRoom(): boolean {
    return this.#state === 'open' && this.length < this.#deps.queueLimit && this.#weight < this.#deps.queueWeight;
  }

  enqueue(record: AuditRecord): undefined {
    if (this.#state !== 'open') return this.#drop([], 1, 'the sink is closed');
    if (!this.#brake.take(record)) this.#acceptUnwaited(record);
  }

  #isHalfFull(): boolean {
    return this.length >= this.#deps.queueLimit / 2 || this.#weight >= this.#deps.queueWeight / 2;
  }

  #acceptUnwaited(record: AuditRecord): void {
    try {
      this.#accept(record, undefined);
    } catch (error) {
      this.#drop([], 1, (error as Error).message);
    }
  }

  publish(record: AuditRecord): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(unavailable('The audit log is closed.'));
    const queued = this.#published.get(record.id);
    if (queued) return queued.waiting ?? this.#waitAgain(queued);
    if (!this.hasRoom())
      return Promise.reject(unavailable('The audit log cannot keep up, and the queue of events is full.'));
    return this.#waitFor((waiter) => {
      const entry = this.#accept(record, waiter);
      entry.id = record.id;
      this.#published.set(record.id, entry);
      return entry;
    });
  }

  /** Waits for an event that is queued, because the one who published it first waits no longer. */
  #waitAgain(entry: QueuedEvent<Item>): Promise<void> {
    return this.#waitFor((waiter) => {
      entry.waiter = waiter;
      if (this.#pending.includes(entry)) this.#awaited += 1;
      this.#gatherPause.end();
      return entry;
    });
  }

  #waitFor(queue: (waiter: Waiter) => QueuedEvent<Item>): Promise<void> {
    let entry: QueuedEvent<Item> | undefined;
    const waiting = new Promise<void>((resolve, reject) => {
      try {
        entry = queue({ resolve, reject, timer: undefined });
        entry.waiter!.timer = setTimeout(() => this.#timeOut(entry!), this.#deps.publishTimeoutMs);
      } catch (error) {
        this.#drop([], 1, (error as Error).message);
        reject(unavailable('The event could not be recorded.'));
      }
    });
    if (entry) entry.waiting = waiting;
    return waiting;
  }

  #forget(entries: readonly QueuedEvent<Item>[]): void {
    for (const { id } of entries) if (id !== undefined) this.#published.delete(id);
  }

  /**
   * Delivers what is left, and then the closing checkpoint, within `timeoutMs`. Resolves to the number of events that
   * could not be delivered.
   */
  close(timeoutMs: number): Promise<number> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<number> {
    this.#brake.end();
    this.#state = 'closing';
    this.#gatherPause.end();
    this.#sender.hurry();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#deliverLast(), late]);
    clearTimeout(timer);
    this.#state = 'closed';
    this.#sender.stop();
    const left = [...this.#inFlight, ...this.#pending];
    [this.#inFlight, this.#pending, this.#awaited] = [[], [], 0];
    if (left.length > 0) this.#drop(left, left.length, 'the sink was closed before they could be delivered');
    return left.length;
  }

  async #deliverLast(): Promise<void> {
    await this.#running;
    // Nothing may follow the closing checkpoint, not even the report of a loss.
    if (this.#state !== 'closing' || this.#deps.sealer.head === undefined) return;
    this.#acceptUnwaited(this.#deps.chainRecords.closing());
    await this.#running;
  }

  #accept(record: AuditRecord, waiter: Waiter | undefined): QueuedEvent<Item> {
    const { sealer, prepare, now } = this.#deps;
    const { item, weight } = prepare(record, sealer.seal(record));
    const entry: QueuedEvent<Item> = {
      item,
      weight,
      at: now(),
      seq: sealer.head!.seq,
      isGap: record.type === 'audit.gap',
      waiter,
    };
    this.#pending.push(entry);
    this.#weight += entry.weight;
    if (waiter) this.#awaited += 1;
    if (waiter || this.#pending.length >= this.#deps.gatherCount) this.#gatherPause.end();
    this.#running ??= this.#run();
    return entry;
  }

  async #run(): Promise<void> {
    // The first batch includes everything that arrives in this turn of the event loop.
    await setImmediate();
    while (this.#pending.length > 0) {
      await this.#gatherMore();
      if (this.#state === 'closed') break;
      await this.#sender.send(this.#nextBatch());
      for (const { weight } of this.#inFlight) this.#weight -= weight;
      this.#inFlight = [];
    }
    // In the same turn as the check of the queue, so that the next event starts a new run.
    this.#running = undefined;
  }

  async #gatherMore(): Promise<void> {
    const { lingerMs, gatherCount, now } = this.#deps;
    if (this.#awaited > 0 || this.#state !== 'open' || this.#pending.length >= gatherCount) return;
    const leftMs = this.#pending[0]!.at + lingerMs - now();
    if (leftMs > 0) await this.#gatherPause.wait(Math.min(leftMs, lingerMs));
  }

  #nextBatch(): QueuedEvent<Item>[] {
    const { batchLimit, batchWeight } = this.#deps;
    let [count, weight] = [0, 0];
    for (const entry of this.#pending) {
      weight += entry.weight;
      if (count === batchLimit || (count > 0 && weight > batchWeight)) break;
      count += 1;
    }
    const batch = this.#pending.splice(0, count);
    for (const entry of batch) if (entry.waiter) this.#awaited -= 1;
    this.#inFlight = batch;
    return batch;
  }

  #giveUp(event: QueuedEvent<Item>, reason: string): void {
    this.#drop([event], 1, reason);
    if (event.isGap) return;
    const { sealer, chainRecords } = this.#deps;
    const { seq } = event;
    this.#acceptUnwaited(chainRecords.gap({ producer: sealer.producer, from: seq, to: seq, reason }));
  }

  #timeOut(entry: QueuedEvent<Item>): void {
    entry.waiter?.reject(unavailable('The audit log did not acknowledge the event in time.'));
    if (this.#pending.includes(entry)) this.#awaited -= 1;
    [entry.waiter, entry.waiting] = [undefined, undefined];
  }

  #drop(entries: readonly QueuedEvent<Item>[], count: number, reason: string): undefined {
    this.#deps.onDropped(count);
    this.#deps.logger.error({ count, reason }, 'lost audit events');
    this.#forget(entries);
    rejectWaiters(entries);
  }
}
