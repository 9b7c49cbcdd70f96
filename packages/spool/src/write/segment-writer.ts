import { join } from 'node:path';
import type { AcknowledgedFile } from '../files/acknowledged-file.ts';
import { isMissing, syncDirectory, writeAll, type Files, type SpoolFile } from '../files/disk-files.ts';
import { entryHeaderBytes, writeEntry } from '../format/entry-format.ts';
import { createSegmentHeader, segmentFileName, segmentHeaderBytes } from '../format/segment-header.ts';
import type { OpenDirectory } from '../lock/open-directory.ts';
import type { MemoryWindow } from '../read/memory-window.ts';
import { deleteSegment, type Segment, type SegmentList } from '../segments/segment-list.ts';

export type SegmentWriterDeps = {
  files: Files;
  dir: string;
  window: MemoryWindow;
  segments: SegmentList;
  segmentBytes: number;
  acknowledgedFile: AcknowledgedFile;
  acknowledged: () => number;
  directory: Pick<OpenDirectory, 'isUncertain' | 'markUncertain'>;
};

type Current = { segment: Segment; file: SpoolFile; syncedSize: number };

const groupBytes = 256 * 1024;

/**
 * Writes entries from memory into segments. Only one of the methods runs at a time, except that `sync` may run besides
 * `writeNext` and `deleteFirst`. After any of them has failed, `repair` must succeed before anything else is called.
 */
export class SegmentWriter {
  readonly #deps: SegmentWriterDeps;
  readonly #staging = Buffer.allocUnsafe(groupBytes);
  #current: Current | undefined;
  #stored: number;
  #synced: number;
  /** True after a failed sync, when the system may have dropped what was not on the disk. */
  #isUncertain = false;
  #owed: number | undefined;

  constructor(deps: SegmentWriterDeps) {
    this.#deps = deps;
    this.#stored = this.#synced = deps.window.last;
    this.#owed = deps.directory.isUncertain ? deps.window.last + 1 : undefined;
  }

  /** The last entry that is in a file. */
  get stored(): number {
    return this.#stored;
  }

  /** The last entry that is on the disk. */
  get synced(): number {
    return this.#synced;
  }

  /** The entry whose sync ends the mark that the end of the files is not certain, or undefined if there is none. */
  get owed(): number | undefined {
    return this.#owed;
  }

  /** Writes the next entries, as many as one write should have. There must be one. */
  async writeNext(): Promise<void> {
    if (this.#current && this.#current.segment.size >= this.#deps.segmentBytes) await this.#finish(this.#current);
    this.#current ??= await this.#begin();
    const { segment, file } = this.#current;
    const { bytes, last } = this.#gather(segment);
    await writeAll(file, bytes, segment.size);
    segment.size += bytes.length;
    this.#stored = last;
  }

  /** Makes durable what is stored now. */
  async sync(): Promise<void> {
    const [current, upTo] = [this.#current, this.#stored];
    if (current) {
      const { size } = current.segment;
      await this.#datasync(current.file);
      this.#synced = Math.max(this.#synced, upTo);
      current.syncedSize = Math.max(current.syncedSize, size);
    }
    await this.#settleOwed();
  }

  /** Deletes the first segment if nobody needs it any more. Returns whether it did. */
  async deleteFirst(): Promise<boolean> {
    const { files, segments, acknowledgedFile, acknowledged } = this.#deps;
    const segment = segments.removable(acknowledged(), this.#stored);
    if (!segment) return false;
    await acknowledgedFile.write(acknowledged(), true);
    await deleteSegment(files, segment);
    segments.remove(segment);
    return true;
  }

  /**
   * Brings the files back to what is certain: removes a partial write, and, if a sync has failed, everything since the
   * last one that succeeded. It is written again from memory, into a new segment. Entries that were written may have been
   * delivered: a process that finds the files without them must not take the last one there for the last of all.
   */
  async repair(): Promise<void> {
    const { files, segments, acknowledgedFile } = this.#deps;
    await acknowledgedFile.reopen();
    if (!this.#current) return;
    const { segment, file, syncedSize } = this.#current;
    if (this.#isUncertain && this.#stored > this.#synced) await this.#owe();
    await file.close().catch(() => undefined);
    if (this.#isUncertain) [this.#stored, segment.size] = [this.#synced, syncedSize];
    await this.#cut(segment);
    this.#synced = this.#stored;
    [this.#current, this.#isUncertain] = [undefined, false];
    if (segment.size > segmentHeaderBytes) return;
    segments.remove(segment);
    await deleteSegment(files, segment);
  }

  async close(): Promise<void> {
    await this.#current?.file.close();
  }

  async #datasync(file: SpoolFile): Promise<void> {
    try {
      await file.datasync();
    } catch (error) {
      this.#isUncertain = true;
      throw error;
    }
  }

  async #owe(): Promise<void> {
    if (this.#owed === undefined) await this.#deps.directory.markUncertain(true);
    this.#owed = Math.max(this.#owed ?? 0, this.#stored);
  }

  async #settleOwed(): Promise<void> {
    const owed = this.#owed;
    if (owed === undefined || this.#synced < owed) return;
    // At once, because another sync may end meanwhile.
    this.#owed = undefined;
    try {
      await this.#deps.directory.markUncertain(false);
    } catch (error) {
      this.#owed = owed;
      throw error;
    }
  }

  async #begin(): Promise<Current> {
    const { files, dir, window, segments, acknowledgedFile, acknowledged } = this.#deps;
    const base = Math.max(this.#stored + 1, window.first);
    // Only acknowledged entries are left out, and after a crash that must be known.
    if (base > this.#stored + 1) await acknowledgedFile.write(acknowledged(), true);
    const { bytes, seed } = createSegmentHeader(base);
    const path = join(dir, segmentFileName(base));
    const file = await files.open(path, 'w+', 0o600);
    try {
      await writeAll(file, bytes, 0);
      await syncDirectory(files, dir);
    } catch (error) {
      await file.close().catch(() => undefined);
      await files.unlink(path).catch(() => undefined);
      throw error;
    }
    const segment: Segment = { base, path, seed, size: segmentHeaderBytes, marks: [], isUnreadable: false };
    segments.add(segment);
    this.#stored = this.#synced = base - 1;
    return { segment, file, syncedSize: segmentHeaderBytes };
  }

  async #finish({ file }: Current): Promise<void> {
    await this.#datasync(file);
    this.#synced = this.#stored;
    this.#current = undefined;
    await file.close();
  }

  /** Puts entries into one buffer, because one write of many entries costs hardly more than one of a single entry. */
  #gather({ base, size, seed }: Segment): { bytes: Buffer; last: number } {
    const { window, segmentBytes } = this.#deps;
    const room = Math.min(this.#staging.length, segmentBytes - size);
    const firstLength = entryHeaderBytes + window.get(this.#stored + 1).length;
    const target = firstLength > this.#staging.length ? Buffer.allocUnsafe(firstLength) : this.#staging;
    let [end, last] = [0, this.#stored];
    while (last < window.last) {
      const entry = window.get(last + 1);
      if (end > 0 && end + entryHeaderBytes + entry.length > room) break;
      end = writeEntry(target, end, entry, last + 1 - base, seed);
      last += 1;
    }
    return { bytes: target.subarray(0, end), last };
  }

  async #cut({ path, size }: Segment): Promise<void> {
    let file: SpoolFile;
    try {
      file = await this.#deps.files.open(path, 'r+');
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#owe();
      // Whoever reads the segment reports what is lost. The rest is in memory, and is written again.
      this.#stored = Math.min(this.#stored, this.#deps.window.first - 1);
      return;
    }
    try {
      await file.truncate(size);
      await this.#datasync(file);
    } finally {
      await file.close();
    }
  }
}
