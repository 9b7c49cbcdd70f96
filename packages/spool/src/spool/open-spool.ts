import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openAcknowledgedFile, type AcknowledgedFile } from '../files/acknowledged-file.ts';
import { diskFiles, syncDirectory, type Files } from '../files/disk-files.ts';
import { readJsonFile, writeJsonFile } from '../files/json-file.ts';
import { entryHeaderBytes, type SpoolEntry } from '../format/entry-format.ts';
import { segmentHeaderBytes } from '../format/segment-header.ts';
import { openDirectory, type OpenDirectory, type PreviousEnd } from '../lock/open-directory.ts';
import { createLossReport, type LossReport } from '../read/loss-report.ts';
import { createMemoryWindow, type MemoryWindow } from '../read/memory-window.ts';
import { createReader } from '../read/read-entries.ts';
import { loadSegments, type LoadedSegments } from '../segments/load-segments.ts';
import { createSegmentList, type SegmentList, type LostEntries } from '../segments/segment-list.ts';
import { createFailureState, type SpoolFailure, type FailureState } from '../write/failure-state.ts';
import { SegmentWriter } from '../write/segment-writer.ts';
import { WriteLoop } from '../write/write-loop.ts';
import type { Spool, SpoolOptions, SpoolStatus } from './spool.ts';

const mebibyte = 1024 * 1024;

type Deps = SpoolOptions &
  Required<Pick<SpoolOptions, 'segmentBytes' | 'memoryBytes'>> & {
    files: Files;
    directory: OpenDirectory;
    state: unknown;
    acknowledgedFile: AcknowledgedFile;
    acknowledged: number;
    loaded: LoadedSegments;
  };

/** Returns how much of a spool is kept for what has begun: a tenth, but enough for the ends of a few thousand requests. */
const reserveOf = (maxBytes: number) =>
  Math.min(Math.max(maxBytes / 10, Math.min(maxBytes / 4, 4 * mebibyte)), 64 * mebibyte);

/** The spool in a directory. `openSpool` creates it. */
class DiskSpool implements Spool {
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
    const { loaded, dir, logger } = deps;
    this.#deps = deps;
    this.#state = deps.state;
    this.#acknowledged = deps.acknowledged;
    const next = Math.max(loaded.next, deps.acknowledged + 1);
    // If more was acknowledged than there is, the disk has lost what was the last entry.
    this.#firstEntry = next === loaded.next ? loaded.lastEntry : undefined;
    this.#window = createMemoryWindow(next);
    this.#segments = createSegmentList(loaded.segments);
    this.#failures = createFailureState(deps);
    const acknowledged = () => this.#acknowledged;
    const parts = { ...deps, window: this.#window, segments: this.#segments, failures: this.#failures, acknowledged };
    this.#writer = new SegmentWriter(parts);
    this.#loop = new WriteLoop({ ...parts, writer: this.#writer });
    this.#losses = createLossReport(acknowledged, (lost) =>
      logger.error({ dir, ...lost }, 'entries of the spool are lost'),
    );
    const onLost = (lost: LostEntries) => this.#losses.note(lost);
    this.#read = createReader({ ...parts, lastWritten: () => this.#loop.lastWritten, onLost });
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

async function openFiles(files: Files, directory: OpenDirectory, options: SpoolOptions): Promise<Spool> {
  const { dir, logger, maxBytes } = options;
  const state = await readJsonFile(files, join(dir, 'state.json'));
  const sameBoot = directory.previousEnd !== 'rebooted';
  const loaded = await loadSegments({ files, dir, logger, sameBoot });
  const acknowledged = await openAcknowledgedFile(files, dir);
  await syncDirectory(files, dir).catch(async (error: unknown) => {
    await acknowledged.file.close();
    throw error;
  });
  return new DiskSpool({
    ...options,
    files,
    directory,
    state,
    acknowledgedFile: acknowledged.file,
    acknowledged: acknowledged.position,
    loaded,
    segmentBytes: options.segmentBytes ?? Math.min(16 * mebibyte, Math.floor(maxBytes / 8)),
    memoryBytes: options.memoryBytes ?? Math.min(16 * mebibyte, Math.floor(maxBytes / 4)),
  });
}

/**
 * Opens the spool in a directory, which is created if it is missing. Throws if another process has it, and if the
 * directory cannot be written. `files` is for tests.
 */
export async function openSpool(options: SpoolOptions, files: Files = diskFiles): Promise<Spool> {
  if (options.maxBytes < mebibyte) throw new RangeError('a spool needs a maxBytes of at least 1 MiB');
  const directory = await openDirectory(files, options);
  try {
    return await openFiles(files, directory, options);
  } catch (error) {
    directory.unlock();
    throw error;
  }
}
