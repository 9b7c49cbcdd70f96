import { setImmediate } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { ProblemError } from '@sallyport/kit';
import { createFloodFold } from './create-flood-fold.ts';
import { createGate } from './gate.ts';

/** Thrown by `deliver` when the log refuses these very events, so that trying again is of no use. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}

export type DeliveryQueueDeps<Item> = {
  logger: Logger;
  now: () => number;
  /** Called once per event when it is taken in; what it makes is delivered, `weight` bounds a batch. */
  prepare(record: AuditRecord): { item: Item; weight: number };
  /**
   * Resolves when all of them are acknowledged. On failure it is called again with the same array until it succeeds.
   */
  deliver(items: readonly Item[]): Promise<void>;
  onDelivered?(count: number): void;
  onFailed?(): void;
  onDropped?(count: number): void;
  publishTimeoutMs: number;
  queueLimit: number;
  /**
   * The weight of all that waits from which on there is no room: events may be long, and a queue of them must not fill
   * the memory.
   */
  queueWeight?: number;
  /** How long events that nobody waits for may gather before they are sent. */
  lingerMs: number;
  /** As many as make a good batch: gathering ends early when there are. */
  gatherCount?: number;
  batchLimit?: number;
  batchWeight?: number;
};

type Waiter = { resolve(): void; reject(error: unknown): void; timer: NodeJS.Timeout };
type Entry<Item> = { item: Item; weight: number; at: number; waiter: Waiter | undefined };

const firstBackoffMs = 50;
const longestBackoffMs = 1000;
/** How long what anonymous callers cause may gather while it is told as counts. */
const foldMs = 1000;

/**
 * What both sinks are made of: takes events in, delivers them batch by batch in order, keeps what could not be
 * delivered and tries again.
 */
export class DeliveryQueue<Item> {
  readonly #deps: Required<DeliveryQueueDeps<Item>>;
  #pending: Entry<Item>[] = [];
  #inFlight: readonly Entry<Item>[] = [];
  #awaited = 0;
  /** Of the events not yet acknowledged, those under way included. */
  #weight = 0;
  #running: Promise<void> | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #awaySince: number | undefined;
  /** Opens early when a pause should end: somebody waits, much has gathered, or the queue closes. */
  readonly #gather = createGate();
  readonly #backoff = createGate();
  readonly #fold = createFloodFold();
  #foldTimer: NodeJS.Timeout | undefined;

  constructor(deps: DeliveryQueueDeps<Item>) {
    const nothing = () => undefined;
    this.#deps = {
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

  /** Events not yet acknowledged, those under way included. */
  get length(): number {
    return this.#pending.length + this.#inFlight.length;
  }

  /** Age in milliseconds of the oldest event not yet acknowledged; 0 if there is none. */
  oldestAgeMs(): number {
    const oldest = this.#inFlight[0] ?? this.#pending[0];
    return oldest ? this.#deps.now() - oldest.at : 0;
  }

  /** True from a failed delivery to the next that succeeds. */
  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  hasRoom(): boolean {
    return this.#state === 'open' && this.length < this.#deps.queueLimit && this.#weight < this.#deps.queueWeight;
  }

  enqueue(record: AuditRecord): void {
    if (this.#state !== 'open') return this.#drop([], 1, 'the sink is closed');
    // Nobody who is not logged in may use up the room that others need.
    if (this.#isHalfFull() && this.#fold.take(record))
      this.#foldTimer ??= setTimeout(() => this.#unfold(), foldMs).unref();
    else this.#take(record, undefined);
  }

  #isHalfFull(): boolean {
    return this.length >= this.#deps.queueLimit / 2 || this.#weight >= this.#deps.queueWeight / 2;
  }

  /** Takes the counts in once there is room for them; as many as there can be are few. */
  #unfold(): void {
    this.#foldTimer = undefined;
    if (this.#state !== 'open') return;
    if (this.#isHalfFull()) this.#foldTimer = setTimeout(() => this.#unfold(), foldMs).unref();
    else for (const record of this.#fold.drain()) this.#take(record, undefined);
  }

  publish(record: AuditRecord): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(unavailable('The audit log is closed.'));
    if (!this.hasRoom())
      return Promise.reject(unavailable('The audit log does not keep up and no more events can be held.'));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        reject,
        timer: setTimeout(() => this.#giveUp(entry), this.#deps.publishTimeoutMs),
      };
      const entry = this.#take(record, waiter);
    });
  }

  /** Delivers what is left within `timeoutMs`; resolves to how many events could not be delivered. */
  async close(timeoutMs: number): Promise<number> {
    clearTimeout(this.#foldTimer);
    for (const record of this.#fold.drain()) this.#take(record, undefined);
    if (this.#state === 'open') this.#state = 'closing';
    this.#gather.open();
    this.#backoff.open();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#running, late]);
    clearTimeout(timer);
    this.#state = 'closed';
    this.#backoff.open();
    const left = [...this.#inFlight, ...this.#pending];
    [this.#inFlight, this.#pending, this.#awaited] = [[], [], 0];
    if (left.length > 0) this.#drop(left, left.length, 'the sink closed before they could be delivered');
    return left.length;
  }

  #take(record: AuditRecord, waiter: Waiter | undefined): Entry<Item> {
    const entry: Entry<Item> = { ...this.#deps.prepare(record), at: this.#deps.now(), waiter };
    this.#pending.push(entry);
    this.#weight += entry.weight;
    if (waiter) this.#awaited += 1;
    if (waiter || this.#pending.length >= this.#deps.gatherCount) this.#gather.open();
    this.#running ??= this.#run();
    return entry;
  }

  async #run(): Promise<void> {
    // Lets everything that arrives in this turn of the event loop into the first batch.
    await setImmediate();
    while (this.#pending.length > 0) {
      await this.#gatherMore();
      if (this.#state === 'closed') break;
      await this.#deliver(this.#nextBatch());
      for (const { weight } of this.#inFlight) this.#weight -= weight;
      this.#inFlight = [];
    }
    // In the same turn as the look at the queue: an event that comes now starts the next run.
    this.#running = undefined;
  }

  async #gatherMore(): Promise<void> {
    const { lingerMs, gatherCount, now } = this.#deps;
    if (this.#awaited > 0 || this.#state !== 'open' || this.#pending.length >= gatherCount) return;
    const leftMs = this.#pending[0]!.at + lingerMs - now();
    if (leftMs > 0) await this.#gather.wait(Math.min(leftMs, lingerMs));
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
        await this.#backoff.wait(Math.min(firstBackoffMs * 2 ** attempt, longestBackoffMs));
      }
    }
  }

  /**
   * One event that the log will never take must not hold up those behind it, so it is found by halving and left out.
   */
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
    // After close() has counted these as lost, an answer that comes late changes nothing.
    if (this.#state === 'closed') return;
    if (this.#awaySince !== undefined) {
      this.#deps.logger.info(
        { awayMs: Math.round(this.#deps.now() - this.#awaySince), queued: this.#pending.length },
        'audit events are delivered again',
      );
      this.#awaySince = undefined;
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
    if (this.#awaySince !== undefined) return;
    this.#awaySince = this.#deps.now();
    this.#deps.logger.warn(
      { reason: (error as Error).message, queued: this.length },
      'audit events cannot be delivered; they are kept and tried again',
    );
  }

  #giveUp(entry: Entry<Item>): void {
    entry.waiter?.reject(unavailable('The audit log did not acknowledge the event in time.'));
    if (this.#pending.includes(entry)) this.#awaited -= 1;
    entry.waiter = undefined;
  }

  #drop(entries: readonly Entry<Item>[], count: number, reason: string): void {
    this.#deps.onDropped(count);
    this.#deps.logger.error({ count, reason }, 'audit events are lost');
    for (const { waiter } of entries) {
      if (!waiter) continue;
      clearTimeout(waiter.timer);
      waiter.reject(unavailable('The audit log did not take the event.'));
    }
  }
}

function unavailable(detail: string): ProblemError {
  return new ProblemError('audit-unavailable', detail);
}
