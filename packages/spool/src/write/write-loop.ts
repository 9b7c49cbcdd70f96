import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import type { AcknowledgedFile } from '../files/acknowledged-file.ts';
import type { MemoryWindow } from '../read/memory-window.ts';
import { createAgeWatch, type AgeWatch } from './age-watch.ts';
import { reportStalls, type FailureState } from './failure-state.ts';
import type { SegmentWriter } from './segment-writer.ts';
import { createWaiters } from './waiters.ts';

export type WriteLoopDeps = {
  writer: SegmentWriter;
  window: MemoryWindow;
  failures: FailureState;
  acknowledgedFile: AcknowledgedFile;
  acknowledged: () => number;
  memoryBytes: number;
  syncWithinMs?: number;
};

/** How long entries gather that nobody waits for. A write costs as much CPU time as 25 entries. */
const gatherMs = 5;
/** The least time between the starts of two writes, unless there is much to write. Those who wait wait this much longer. */
const leastIntervalMs = 1;
const muchBytes = 64 * 1024;
/** How often the acknowledged position is written. */
const acknowledgeMs = 200;
const minBackoffMs = 50;
const maxBackoffMs = 2000;

/**
 * Decides when a spool writes, syncs, and tries again. At most one write and one sync run at a time, so a disk that hangs
 * takes two of the threads that the process has for files, and no more.
 */
export class WriteLoop {
  readonly #deps: WriteLoopDeps;
  readonly #writeWaiters = createWaiters();
  readonly #syncWaiters = createWaiters();
  readonly #ages: AgeWatch;
  #lastWritten: number;
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #state: 'open' | 'broken' | 'stopped' = 'open';
  #isAcknowledgeDue = false;
  #startedAt = -Infinity;
  #gatherTimer: NodeJS.Timeout | undefined;
  #acknowledgeTimer: NodeJS.Timeout | undefined;
  #repairTimer: NodeJS.Timeout | undefined;
  #repairing: Promise<void> | undefined;

  constructor(deps: WriteLoopDeps) {
    this.#deps = deps;
    this.#lastWritten = deps.writer.stored;
    this.#ages = createAgeWatch({
      limitMs: deps.syncWithinMs,
      last: () => deps.window.last,
      safe: () => Math.max(deps.acknowledged(), deps.writer.synced),
      onOverdue: () => this.#startSync(),
    });
  }

  /** The last entry that was ever written. After a failed sync it may be ahead of the files for a moment. */
  get lastWritten(): number {
    return this.#lastWritten;
  }

  /** Says that there are new entries. They are written within a moment, so that several share one write. */
  added(): void {
    if (!this.#writing && this.#state === 'open')
      this.#gatherTimer ??= setTimeout(() => this.#startWrite(), gatherMs).unref();
    this.#ages.added();
  }

  /** Resolves when the entry is written, and writes at once. */
  written(position: number): Promise<void> | undefined {
    if (position <= this.#lastWritten) return undefined;
    const promise = this.#writeWaiters.wait(position, this.#deps.window.last);
    this.#startWrite();
    return promise;
  }

  /** Resolves when the entry is synced, and writes and syncs at once. */
  synced(position: number): Promise<void> | undefined {
    const { writer, window } = this.#deps;
    if (position <= writer.synced) return undefined;
    const promise = this.#syncWaiters.wait(position, window.last);
    if (window.last > writer.stored) this.#startWrite();
    this.#startSync();
    return promise;
  }

  /** Says that entries were acknowledged. */
  noteAcknowledged(): void {
    this.#settle();
    this.#acknowledgeTimer ??= setTimeout(() => {
      this.#acknowledgeTimer = undefined;
      this.#isAcknowledgeDue = true;
      this.#startWrite();
    }, acknowledgeMs).unref();
  }

  /** Writes and syncs everything. Goes on for as long as the disk fails, until `stop`. */
  async drain(): Promise<void> {
    const { writer, window, failures } = this.#deps;
    this.#isAcknowledgeDue = true;
    while (this.#state !== 'stopped') {
      this.#startWrite();
      await this.#writing;
      await this.synced(window.last);
      if (this.#state === 'open' && writer.synced >= window.last && !failures.failure) return;
      await pause(minBackoffMs);
    }
  }

  /** Stops trying, and rejects those who wait. Resolves when nothing runs any more, which a disk that hangs prevents. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    for (const timer of [this.#gatherTimer, this.#acknowledgeTimer, this.#repairTimer]) clearTimeout(timer);
    this.#ages.stop();
    const error = new Error('the spool was closed');
    this.#writeWaiters.rejectAll(error);
    this.#syncWaiters.rejectAll(error);
    await Promise.all([this.#writing, this.#syncing, this.#repairing]);
  }

  #startWrite(): void {
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    if (this.#state === 'open') this.#writing ??= this.#write();
  }

  #startSync(): void {
    if (this.#state === 'open' && this.#mustSync()) this.#syncing ??= this.#sync();
  }

  async #write(): Promise<void> {
    const { writer, window } = this.#deps;
    try {
      while (this.#state === 'open' && (window.last > writer.stored || this.#isAcknowledgeDue)) {
        await this.#gather();
        await reportStalls(this.#deps.failures, () => this.#writeOnce());
      }
    } catch (error) {
      this.#fail(error);
    }
    // In the same turn as the check, so that the next entry starts a new run.
    this.#writing = undefined;
  }

  /** Lets entries gather: at least what arrives in this turn of the event loop. */
  async #gather(): Promise<void> {
    const { writer, window } = this.#deps;
    const sinceMs = performance.now() - this.#startedAt;
    if (sinceMs >= leastIntervalMs || window.bytesAfter(writer.stored) > muchBytes) await setImmediate();
    else await pause(leastIntervalMs);
    this.#startedAt = performance.now();
  }

  async #writeOnce(): Promise<void> {
    const { writer, window, failures, acknowledgedFile, acknowledged } = this.#deps;
    if (this.#isAcknowledgeDue) {
      this.#isAcknowledgeDue = false;
      await acknowledgedFile.write(acknowledged(), false);
    }
    // First, because it may make the space that the write needs.
    await this.#deleteAcknowledged();
    if (window.last > writer.stored) await writer.writeNext();
    this.#settle();
    await this.#deleteAcknowledged();
    if (!failures.failure) return;
    // The disk works again when it has taken a write and a sync.
    await writer.sync();
    if (this.#state === 'open') failures.clear();
    this.#settle();
  }

  async #deleteAcknowledged(): Promise<void> {
    while (await this.#deps.writer.deleteFirst());
  }

  async #sync(): Promise<void> {
    const { writer, failures } = this.#deps;
    try {
      while (this.#state === 'open' && this.#mustSync()) {
        await reportStalls(this.#deps.failures, () => writer.sync());
        this.#settle();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#syncing = undefined;
    if (this.#state !== 'open' || !failures.failure) return;
    this.#isAcknowledgeDue = true;
    this.#startWrite();
  }

  /**
   * True if someone waits for a sync, or the mark of an uncertain end does, if an entry has waited too long for its
   * acknowledgement, or if the memory is full of entries that only a sync allows to drop.
   */
  #mustSync(): boolean {
    const { writer, window, memoryBytes, acknowledged } = this.#deps;
    const isStored = (position: number | undefined) => position !== undefined && position <= writer.stored;
    if (isStored(this.#syncWaiters.next) || isStored(writer.owed)) return true;
    const { overdue } = this.#ages;
    if (overdue > Math.max(writer.synced, acknowledged()) && overdue <= writer.stored) return true;
    return window.bytes > memoryBytes && window.first > writer.synced && window.first <= writer.stored;
  }

  /** Tells those who wait, and drops from memory what it is not needed for. */
  #settle(): void {
    const { writer, window, memoryBytes, acknowledged } = this.#deps;
    this.#lastWritten = Math.max(this.#lastWritten, writer.stored);
    this.#writeWaiters.reach(this.#lastWritten);
    this.#syncWaiters.reach(writer.synced);
    const [stored, synced, delivered] = [writer.stored, writer.synced, acknowledged()];
    window.drop(
      (position) => position <= stored && (position <= delivered || (position <= synced && window.bytes > memoryBytes)),
    );
    this.#startSync();
  }

  #fail(error: unknown): void {
    const { failures } = this.#deps;
    failures.note(error);
    if (this.#state === 'stopped') return;
    this.#state = 'broken';
    const delay = Math.min(minBackoffMs * 2 ** Math.min(failures.attempts - 1, 10), maxBackoffMs);
    this.#repairTimer ??= setTimeout(() => {
      this.#repairing = this.#repair();
    }, delay).unref();
  }

  async #repair(): Promise<void> {
    await Promise.all([this.#writing, this.#syncing]);
    this.#repairTimer = undefined;
    if (this.#state === 'stopped') return;
    try {
      await reportStalls(this.#deps.failures, () => this.#deps.writer.repair());
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#isStopped()) return;
    this.#state = 'open';
    this.#isAcknowledgeDue = true;
    this.#startWrite();
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }
}
