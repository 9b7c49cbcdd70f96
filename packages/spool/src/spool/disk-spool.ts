import { setTimeout as pause } from 'node:timers/promises';
import type { AcknowledgedFile } from '../files/acknowledged-file.ts';
import type { Files } from '../files/disk-files.ts';
import { writeJsonFile } from '../files/json-file.ts';
import { entryHeaderBytes } from '../format/entry-format.ts';
import { segmentHeaderBytes } from '../format/segment-header.ts';
import type { OpenDirectory } from '../lock/open-directory.ts';
import { createLossReport, type LossReport } from '../read/create-loss-report.ts';
import { createReader } from '../read/read-entries.ts';
import type { LoadedSegments } from '../segments/load-segments.ts';
import { createSegmentList, type SegmentList } from '../segments/segment-list.ts';
import type { LostEntries, PreviousEnd, Spool, SpoolEntry, SpoolFailure, SpoolOptions, SpoolStatus } from './spool.ts';
import { createMemoryWindow, type MemoryWindow } from '../window/memory-window.ts';
import { createFailureState, type FailureState } from '../write/failure-state.ts';
import { SegmentWriter } from '../write/segment-writer.ts';
import { WriteLoop } from '../write/write-loop.ts';

type Deps = Required<Pick<SpoolOptions, 'segmentBytes' | 'memoryBytes'>> &
  Pick<SpoolOptions, 'dir' | 'maxBytes' | 'logger' | 'now' | 'onFailure' | 'syncWithinMs'> & {
    files: Files;
    directory: OpenDirectory;
    state: unknown;
    acknowledgedFile: AcknowledgedFile;
    acknowledged: number;
    loaded: LoadedSegments;
  };

const mebibyte = 1024 * 1024;

/** Returns how much of a spool is kept for what has begun: a tenth, but enough for the ends of a few thousand requests. */
const reserveOf = (maxBytes: number) =>
  Math.min(Math.max(maxBytes / 10, Math.min(maxBytes / 4, 4 * mebibyte)), 64 * mebibyte);

/** The spool in a directory. `openSpool` creates it. */
export class DiskSpool implements Spool {
  readonly #deps: Deps;
  readonly #segments: SegmentList;
  readonly #window: MemoryWindow;
  readonly #failures: FailureState;
  readonly #writer: SegmentWriter;
  readonly #loop: WriteLoop;
  readonly #read: (from: number, maxBytes: number) => Promise<SpoolEntry[]>;
  #state: unknown;
  #saving: Promise<void> = Promise.resolve();
  #acknowledged: number;
  #firstEntry: SpoolEntry | undefined;
  readonly #losses: LossReport;
  #closing: Promise<{ unwritten: number }> | undefined;

  constructor(deps: Deps) {
    const { loaded, files } = deps;
    this.#deps = deps;
    this.#state = deps.state;
    this.#acknowledged = deps.acknowledged;
    const next = Math.max(loaded.next, deps.acknowledged + 1);
    // If more was acknowledged than there is, the disk has lost what was the last entry.
    this.#firstEntry = next === loaded.next ? loaded.lastEntry : undefined;
    const acknowledged = () => this.#acknowledged;
    const [window, segments] = [createMemoryWindow(next), createSegmentList(loaded.segments)];
    this.#failures = createFailureState(deps);
    this.#writer = new SegmentWriter({ ...deps, window, segments, acknowledged });
    const { syncWithinMs } = deps;
    this.#loop = new WriteLoop({
      ...deps,
      writer: this.#writer,
      window,
      failures: this.#failures,
      acknowledged,
      syncWithinMs,
    });
    const lastWritten = () => this.#loop.lastWritten;
    this.#losses = createLossReport(acknowledged, (lost) =>
      deps.logger.error({ dir: deps.dir, ...lost }, 'entries of the spool are lost'),
    );
    const onLost = (lost: LostEntries) => this.#losses.note(lost);
    this.#read = createReader({ files, window, segments, acknowledged, lastWritten, onLost, now: deps.now });
    [this.#window, this.#segments] = [window, segments];
    for (const lost of loaded.lost) onLost(lost);
  }

  get previousEnd(): PreviousEnd {
    return this.#deps.directory.previousEnd;
  }

  get state(): unknown {
    return this.#state;
  }

  saveState(state: unknown): Promise<void> {
    const { files, dir } = this.#deps;
    const saved = this.#saving.then(async () => {
      await writeJsonFile(files, dir, 'state.json', state);
      this.#state = state;
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  append(entry: Uint8Array): number {
    if (this.#closing) throw new Error('the spool is closed');
    if (!this.hasSpaceFor(entry.length)) throw new Error('the spool is full');
    const position = this.#window.add(entry);
    this.#loop.added();
    return position;
  }

  hasSpaceFor(length: number): boolean {
    return this.#bytes() + segmentHeaderBytes + entryHeaderBytes + length <= this.#deps.maxBytes;
  }

  get isFull(): boolean {
    const { maxBytes, memoryBytes } = this.#deps;
    if (this.#closing || this.#failures.failure || this.#unwrittenBytes() > memoryBytes) return true;
    return this.#bytes() >= maxBytes - reserveOf(maxBytes);
  }

  written(position: number): Promise<void> | undefined {
    return this.#loop.written(position);
  }

  synced(position: number): Promise<void> | undefined {
    return this.#loop.synced(position);
  }

  read(from: number, maxBytes: number): Promise<SpoolEntry[]> {
    return this.#read(from, maxBytes);
  }

  takeLost(): LostEntries[] {
    return this.#losses.take();
  }

  acknowledge(position: number): void {
    if (position <= this.#acknowledged) return;
    if (position > this.lastWritten) throw new RangeError(`entry ${position} was acknowledged before it was written`);
    this.#acknowledged = position;
    this.#loop.noteAcknowledged();
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get lastWritten(): number {
    return this.#loop.lastWritten;
  }

  get lastAppended(): number {
    return this.#window.last;
  }

  get lastEntry(): SpoolEntry | undefined {
    const { first, last } = this.#window;
    return first > last ? this.#firstEntry : { position: last, entry: this.#window.get(last) };
  }

  get failure(): SpoolFailure | undefined {
    return this.#failures.failure;
  }

  get status(): SpoolStatus {
    return {
      bytes: this.#bytes(),
      maxBytes: this.#deps.maxBytes,
      segments: this.#segments.length,
      entries: this.#window.last - this.#acknowledged,
      unwrittenBytes: this.#unwrittenBytes(),
      failures: this.#failures.count,
      lost: this.#losses.count,
    };
  }

  close(timeoutMs = 5000): Promise<{ unwritten: number }> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<{ unwritten: number }> {
    const { directory, acknowledgedFile, logger, dir } = this.#deps;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#loop.drain().then(() => this.#saving), late]);
    clearTimeout(timer);
    const unwritten = this.#window.last - this.#writer.stored;
    const isSafe = this.#writer.synced >= this.#window.last && !this.#failures.failure;
    const finished = this.#loop.stop().then(async () => {
      if (isSafe)
        await directory.markClosed().catch((error: Error) => {
          // The next process then looks for an end that is missing, and finds none.
          logger.error({ dir, error: error.message }, 'could not note in the spool that it was closed');
        });
      await Promise.allSettled([this.#writer.close(), acknowledgedFile.close()]);
      directory.unlock();
    });
    // What the disk has not answered to still uses the files, and keeps the lock.
    await Promise.race([finished, pause(isSafe ? timeoutMs : 100, undefined, { ref: false })]);
    if (!isSafe) logger.error({ dir, unwritten }, 'closed the spool before everything was on the disk');
    return { unwritten };
  }

  #unwrittenBytes(): number {
    return this.#window.bytesAfter(this.#writer.stored);
  }

  #bytes(): number {
    const entries = this.#window.last - this.#writer.stored;
    return this.#segments.bytes + this.#unwrittenBytes() + entries * entryHeaderBytes;
  }
}
