import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFiles, type Files } from '../files/disk-files.ts';
import type { SpoolEntry } from '../format/entry-format.ts';
import type { LostEntries } from '../segments/segment-list.ts';
import { openSpool } from '../spool/open-spool.ts';
import type { Spool, SpoolOptions } from '../spool/spool.ts';

export type LogLine = { level: string; message: string; fields: Record<string, unknown> };

/** A directory for spools of a test, and what they log. */
export type SpoolBed = {
  dir: string;
  lines: LogLine[];
  /** What the spools of this bed have lost. */
  readonly lost: LostEntries[];
  open(options?: Partial<SpoolOptions>, files?: Files): Promise<Spool>;
  /** Returns the files that spools have open. */
  openFiles(): string[];
  /** Deletes the directory. Throws if a spool has left a file open. */
  remove(): void;
};

/** Keeps account of the files that are open. */
function trackOpen(files: Files, opened: Set<string>): Files {
  let count = 0;
  return {
    rename: (from, to) => files.rename(from, to),
    unlink: (path) => files.unlink(path),
    list: (dir) => files.list(dir),
    async open(path, flags, mode) {
      const file = await files.open(path, flags, mode);
      const id = `${(count += 1)} ${path}`;
      opened.add(id);
      const close = file.close.bind(file);
      file.close = async () => {
        await close();
        opened.delete(id);
      };
      return file;
    },
  };
}

/** Creates a bed. */
export function createSpoolBed(root = tmpdir()): SpoolBed {
  const parent = mkdtempSync(join(root, 'spool-'));
  const dir = join(parent, 'proxy');
  const opened = new Set<string>();
  const [lines, lost, spools]: [LogLine[], LostEntries[], Spool[]] = [[], [], []];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: fields as Record<string, unknown> });
  return {
    dir,
    lines,
    get lost() {
      for (const spool of spools) lost.push(...spool.takeLost());
      return lost;
    },
    async open(options, files = diskFiles) {
      const spool = await openSpool(
        {
          dir,
          maxBytes: 8 * 1024 * 1024,
          logger: { info: log('info'), warn: log('warn'), error: log('error') },
          now: Date.now,
          ...options,
        },
        trackOpen(files, opened),
      );
      spools.push(spool);
      return spool;
    },
    openFiles: () => [...opened],
    remove() {
      rmSync(parent, { recursive: true, force: true });
      if (opened.size > 0) throw new Error(`files are still open: ${[...opened].join(', ')}`);
    },
  };
}

/** Returns an entry with this text, filled up to `length` bytes. */
export function entryOf(text: string | number, length = 0): Uint8Array {
  return Buffer.from(`${text}`.padEnd(length, '.'));
}

/** Returns the texts of entries, without what fills them up. */
export function textsOf(entries: readonly SpoolEntry[]): string[] {
  return entries.map(({ entry }) => Buffer.from(entry).toString().replace(/\.+$/, ''));
}

/** Reads everything from `from` on. */
export async function readAll(spool: Spool, from = 1, maxBytes = 100_000): Promise<SpoolEntry[]> {
  const all: SpoolEntry[] = [];
  for (let position = from; ;) {
    const entries = await spool.read(position, maxBytes);
    if (entries.length === 0) return all;
    all.push(...entries);
    position = entries.at(-1)!.position + 1;
  }
}

/** Appends texts and waits until they are written. */
export async function write(spool: Spool, ...texts: (string | number)[]): Promise<void> {
  for (const text of texts) spool.append(entryOf(text));
  await spool.written(spool.lastAppended);
}
