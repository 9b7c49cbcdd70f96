import { setImmediate } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { createAnonymousAggregator } from './create-anonymous-aggregator.ts';
import { UndeliverableError } from '../kafka/undeliverable-error.ts';
import { withDefaults, type DeliveryQueueDeps } from './delivery-queue-deps.ts';
import { createInterruptiblePause } from './interruptible-pause.ts';

type Waiter = { resolve(): void; reject(error: unknown): void; timer: NodeJS.Timeout };
type Entry<Item> = { item: Item; weight: number; at: number; waiter: Waiter | undefined };

const minBackoffMs = 50;
const maxBackoffMs = 1000;
/** How long the events of anonymous callers may gather while they are aggregated. */
const aggregateMs = 1000;

/**
 * The core of both sinks. Accepts events, delivers them in order and in batches, and keeps and retries what could not
 * be delivered.
 */
export class DeliveryQueue<Item> {
  readonly #deps: Required<DeliveryQueueDeps<Item>>;
  #pending: Entry<Item>[] = [];
  #inFlight: readonly Entry<Item>[] = [];
  #awaited = 0;
  /** The weight of the events not yet acknowledged, including those in flight. */
  #weight = 0;
  #running: Promise<void> | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #unavailableSince: number | undefined;
  /** Ends early when a caller waits, when enough has gathered, or when the queue closes. */
  readonly #gatherPause = createInterruptiblePause();
  readonly #backoffPause = createInterruptiblePause();
  readonly #aggregator = createAnonymousAggregator();
  #aggregateTimer: NodeJS.Timeout | undefined;

  constructor(deps: DeliveryQueueDeps<Item>) {
    this.#deps = withDefaults(deps);
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
    return this.#unavailableSince !== undefined;
  }

  hasRoom(): boolean {
    return this.#state === 'open' && this.length < this.#deps.queueLimit && this.#weight < this.#deps.queueWeight;
  }

  enqueue(record: AuditRecord): void {
    if (this.#state !== 'open') return this.#drop([], 1, 'the sink is closed');
    // Callers who are not logged in must not use up the room that others need.
    if (this.#isHalfFull() && this.#aggregator.take(record))
      this.#aggregateTimer ??= setTimeout(() => this.#releaseAggregates(), aggregateMs).unref();
    else this.#accept(record, undefined);
  }

  #isHalfFull(): boolean {
    return this.length >= this.#deps.queueLimit / 2 || this.#weight >= this.#deps.queueWeight / 2;
  }

  /** Accepts the aggregated events once there is room. Their number is bounded. */
  #releaseAggregates(): void {
    this.#aggregateTimer = undefined;
    if (this.#state !== 'open') return;
    if (this.#isHalfFull()) this.#aggregateTimer = setTimeout(() => this.#releaseAggregates(), aggregateMs).unref();
    else for (const record of this.#aggregator.drain()) this.#accept(record, undefined);
  }

  publish(record: AuditRecord): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(unavailable('The audit log is closed.'));
    if (!this.hasRoom())
      return Promise.reject(unavailable('The audit log cannot keep up, and the queue of events is full.'));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        reject,
        timer: setTimeout(() => this.#timeOut(entry), this.#deps.publishTimeoutMs),
      };
      const entry = this.#accept(record, waiter);
    });
  }

  /** Delivers what is left within `timeoutMs`. Resolves to the number of events that could not be delivered. */
  async close(timeoutMs: number): Promise<number> {
    clearTimeout(this.#aggregateTimer);
    for (const record of this.#aggregator.drain()) this.#accept(record, undefined);
    if (this.#state === 'open') this.#state = 'closing';
    this.#gatherPause.end();
    this.#backoffPause.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    this.#state = 'closed';
    this.#backoffPause.end();
    const left = [...this.#inFlight, ...this.#pending];
    [this.#inFlight, this.#pending, this.#awaited] = [[], [], 0];
    if (left.length > 0) this.#drop(left, left.length, 'the sink was closed before they could be delivered');
    return left.length;
  }

  #accept(record: AuditRecord, waiter: Waiter | undefined): Entry<Item> {
    const entry: Entry<Item> = { ...this.#deps.prepare(record), at: this.#deps.now(), waiter };
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
      await this.#deliver(this.#nextBatch());
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

  #nextBatch(): Entry<Item>[] {
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

  async #deliver(batch: readonly Entry<Item>[]): Promise<void> {
    const items = batch.map((entry) => entry.item);
    for (let attempt = 0; this.#state !== 'closed'; attempt += 1) {
      try {
        await this.#deps.deliver(items);
        return this.#settle(batch);
      } catch (error) {
        if (error instanceof UndeliverableError) return this.#divide(batch, error);
        this.#noteFailure(error);
        await this.#backoffPause.wait(Math.min(minBackoffMs * 2 ** attempt, maxBackoffMs));
      }
    }
  }

  /** Finds the event that the log refuses by halving the batch, and drops it, so that it does not block the others. */
  async #divide(batch: readonly Entry<Item>[], error: UndeliverableError): Promise<void> {
    if (batch.length === 1) {
      this.#deps.onFailed();
      return this.#drop(batch, 1, error.message);
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#deliver(batch.slice(0, middle));
    await this.#deliver(batch.slice(middle));
  }

  #settle(batch: readonly Entry<Item>[]): void {
    // close() has already counted these events as lost, so a late acknowledgement is ignored.
    if (this.#state === 'closed') return;
    if (this.#unavailableSince !== undefined) {
      this.#deps.logger.info(
        { awayMs: Math.round(this.#deps.now() - this.#unavailableSince), queued: this.#pending.length },
        'delivering audit events again',
      );
      this.#unavailableSince = undefined;
    }
    this.#deps.onDelivered(batch.length);
    for (const { waiter } of batch) {
      if (!waiter) continue;
      clearTimeout(waiter.timer);
      waiter.resolve();
    }
  }

  #noteFailure(error: unknown): void {
    this.#deps.onFailed();
    if (this.#unavailableSince !== undefined) return;
    this.#unavailableSince = this.#deps.now();
    this.#deps.logger.warn(
      { reason: (error as Error).message, queued: this.length },
      'cannot deliver audit events; keeping them and retrying',
    );
  }

  #timeOut(entry: Entry<Item>): void {
    entry.waiter?.reject(unavailable('The audit log did not acknowledge the event in time.'));
    if (this.#pending.includes(entry)) this.#awaited -= 1;
    entry.waiter = undefined;
  }

  #drop(entries: readonly Entry<Item>[], count: number, reason: string): void {
    this.#deps.onDropped(count);
    this.#deps.logger.error({ count, reason }, 'lost audit events');
    for (const { waiter } of entries) {
      if (!waiter) continue;
      clearTimeout(waiter.timer);
      waiter.reject(unavailable('The audit log did not accept the event.'));
    }
  }
}

function unavailable(detail: string): ProblemError {
  return new ProblemError('audit-unavailable', detail);
}
