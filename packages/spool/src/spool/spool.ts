import type { SpoolLogger } from '../files/disk-files.ts';
import type { SpoolEntry } from '../format/entry-format.ts';
import type { PreviousEnd } from '../lock/open-directory.ts';
import type { LostEntries } from '../segments/segment-list.ts';
import type { SpoolFailure } from '../write/failure-state.ts';

/**
 * Numbers the entries of a spool: 1 is the first entry ever, and each entry is one more than the one before it. A number
 * that was acknowledged, synced or lost is never used again.
 */
export type Position = number;

/** Numbers for metrics. */
export type SpoolStatus = {
  /** What the spool occupies: all segments, and what waits to be written. */
  bytes: number;
  maxBytes: number;
  segments: number;
  /** How many entries are not acknowledged yet. */
  entries: number;
  /** How many bytes wait to be written. */
  unwrittenBytes: number;
  /** How many disk operations have failed since the spool was opened. */
  failures: number;
  /** How many entries were lost since the spool was opened, including what was found when it was opened. */
  lost: number;
};

/**
 * A bounded log on disk for entries that wait for delivery. Entries are appended at one end, and leave at the other once
 * they are acknowledged. All file operations are asynchronous: while the disk hangs, entries wait in memory until the
 * spool is full. A disk error is retried until the disk works again; entries that were not written yet stay in memory.
 *
 * An entry takes these steps, each of which includes those before it:
 *
 * 1. `append`: it has a position and is in memory.
 * 2. `written`: the operating system has it. It survives the death of the process.
 * 3. `synced`: the disk has it. It survives the death of the machine. Happens only if someone asks for it, if it waits
 *    for its acknowledgement longer than `syncWithinMs`, or if so much is not synced yet that the memory would fill.
 * 4. `acknowledge`: it may be forgotten.
 */
export type Spool = {
  /** How the process before this one left the spool. */
  readonly previousEnd: PreviousEnd;
  /** What the owner saved last, or undefined. */
  readonly state: unknown;
  /** Saves a small JSON value, which replaces the last one in one step. Resolves when the disk has it. */
  saveState(state: unknown): Promise<void>;

  /**
   * Adds an entry and returns its position. Never waits. Throws if `hasSpaceFor` is false for its length, or if the spool
   * is closed. The spool keeps the bytes, so they must not change afterwards.
   */
  append(entry: Uint8Array): Position;
  /** False if an entry of this length would exceed `maxBytes`. */
  hasSpaceFor(length: number): boolean;
  /**
   * True before `maxBytes` is reached, so that what has begun can still be appended: its last tenth is in reserve, but
   * at least 4 MiB (a quarter of a smaller spool) and at most 64 MiB. Also true while too much waits to be written, and
   * while the disk fails.
   */
  readonly isFull: boolean;

  /** Returns undefined if the entry has been written, or a promise that resolves then. Rejects only at `close()`. */
  written(position: Position): Promise<void> | undefined;
  /** Returns undefined if the entry is synced, or a promise that resolves then. One sync serves all who wait. */
  synced(position: Position): Promise<void> | undefined;
  /**
   * Returns entries that have been written, from `from` on, in order: at least one if there is one, and no more than
   * `maxBytes` together otherwise. Entries that are lost are left out (`takeLost` names them), so compare positions.
   * Rejects if the disk cannot be read; try again later. After at least five attempts in at least a minute, the entries
   * of that file are lost, and the file is kept with the ending `.damaged`.
   */
  read(from: Position, maxBytes: number): Promise<SpoolEntry[]>;
  /** Returns the entries that were found to be lost since the last call, at open or by `read`, each of them once. */
  takeLost(): LostEntries[];
  /**
   * Forgets all entries up to this position. It is on the disk within a moment, so that after a crash some acknowledged
   * entries may be read again.
   */
  acknowledge(position: Position): void;

  /** The last position that was acknowledged, or 0. The next entry to deliver is the one after it. */
  readonly acknowledged: Position;
  /** The last position that was written, or 0. */
  readonly lastWritten: Position;
  /** The last position that was appended, or 0. */
  readonly lastAppended: Position;
  /**
   * The last entry, acknowledged or not, so that the owner can continue from it. Undefined if there never was one, or if
   * it is not certain that this is the last (the disk lost the end).
   */
  readonly lastEntry: SpoolEntry | undefined;
  /** What is wrong with the disk, or undefined. */
  readonly failure: SpoolFailure | undefined;
  readonly status: SpoolStatus;

  /**
   * Writes and syncs what is left, and closes the files. Gives up after `timeoutMs`, and then says how many entries are
   * not on the disk. Calls after the first return the same promise.
   */
  close(timeoutMs?: number): Promise<{ unwritten: number }>;
};

export type SpoolOptions = {
  /** Created with mode 0700 if missing. Belongs to one process at a time, and a second one gets an error. */
  dir: string;
  /** What the spool may occupy, at least 1 MiB. */
  maxBytes: number;
  /**
   * The size at which a new file is begun, because files are deleted whole. Default: an eighth of `maxBytes`, at most
   * 16 MiB.
   */
  segmentBytes?: number;
  /** How many bytes are kept in memory, to be read without the disk. Default 16 MiB, at most a quarter of `maxBytes`. */
  memoryBytes?: number;
  /**
   * How many milliseconds after `append` an entry is synced at the latest, unless it is acknowledged by then. By default
   * there is no such time.
   */
  syncWithinMs?: number;
  logger: SpoolLogger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Called when the disk fails and when it works again. */
  onFailure?: (failure: SpoolFailure | undefined) => void;
};
