import { ProblemError } from '@sallyport/kit';
import type { StateChange } from './state-worker.ts';

type JournalDeps = {
  /** Returns the value of a key now, or undefined if it was deleted. */
  read(table: string, key: string): unknown;
  /** Resolves when all changes are on the disk, or rejects if none is. */
  write(changes: readonly StateChange[]): Promise<void>;
  onFailure(reason: string): void;
  onRecovery(): void;
};

/** What happened to a key. One that was deleted may have been added again. */
export type Change = 'set' | 'added' | 'deleted';
/** By table and key. In each table, those that were added are in the order of their map. */
type Changes = Map<string, Map<string, Change>>;

/** How long a change that no caller waits for may stay in memory alone. */
const lingerMs = 200;

/**
 * Writes the keys that were changed, one batch after the other. Changes that come while a batch is written form the next
 * one, so many callers share one sync of the disk. What the disk did not take is part of the next batch.
 */
export class Journal {
  readonly #deps: JournalDeps;
  #changed: Changes = new Map();
  /** Resolves when the batch that is being written is on the disk. */
  #current: Promise<void> | undefined;
  /** Resolves when the changes that are in no batch yet are on the disk. */
  #next: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /** Why the disk did not take the last batch. */
  get failure(): string | undefined {
    return this.#failure;
  }

  note(table: string, key: string, change: Change): void {
    const keys = this.#changed.get(table) ?? new Map<string, Change>();
    const before = keys.get(key);
    // What is added is at the end of its map, whatever happened to the key before.
    if (change !== 'set') keys.delete(key);
    this.#changed.set(table, keys.set(key, before === 'deleted' || change === 'set' ? (before ?? change) : change));
    this.#writeSoon();
  }

  saved(): Promise<void> | undefined {
    if (this.#changed.size === 0) return this.#current;
    this.#next ??= Promise.withResolvers<void>();
    const { promise } = this.#next;
    if (this.#current === undefined) this.#write();
    return promise;
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#current === undefined && this.#changed.size > 0) this.#write();
    }, lingerMs);
    this.#timer.unref();
  }

  #write(): void {
    const batch = this.#changed;
    const waiting = this.#next;
    this.#changed = new Map();
    this.#next = undefined;
    const changes = [...batch].flatMap(([table, keys]) =>
      [...keys].flatMap(([key, change]): StateChange[] => {
        const value = this.#deps.read(table, key);
        return [
          ...(change === 'deleted' ? [[table, key, null] satisfies StateChange] : []),
          ...(value === undefined ? [] : [[table, key, JSON.stringify(value)] satisfies StateChange]),
        ];
      }),
    );
    const written = this.#deps.write(changes).then(
      () => this.#recovered(),
      (error: unknown) => this.#failed(batch, (error as Error).message),
    );
    this.#current = written;
    // All who wait may have gone away.
    written.catch(() => undefined);
    if (waiting) written.then(waiting.resolve, waiting.reject);
    waiting?.promise.catch(() => undefined);
    const goOn = () => {
      this.#current = undefined;
      if (this.#next) this.#write();
      else if (this.#changed.size > 0) this.#writeSoon();
    };
    written.then(goOn, goOn);
  }

  #recovered(): void {
    if (this.#failure !== undefined) this.#deps.onRecovery();
    this.#failure = undefined;
  }

  #failed(batch: Changes, reason: string): never {
    const since = this.#changed;
    this.#changed = batch;
    for (const [table, keys] of since) for (const [key, change] of keys) this.note(table, key, change);
    if (this.#failure === undefined) this.#deps.onFailure(reason);
    this.#failure = reason;
    throw new ProblemError(
      'sessions-unavailable',
      'The gateway cannot write to its disk. Whether the change was made is not known.',
    );
  }

  /** Writes what is left, once. */
  async close(): Promise<void> {
    await this.#current?.catch(() => undefined);
    await this.saved()?.catch(() => undefined);
    clearTimeout(this.#timer);
  }
}
