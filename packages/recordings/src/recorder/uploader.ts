import { setTimeout as pause } from 'node:timers/promises';
import { StoreConflict } from '../store/recording-store.ts';
import type { RecorderOptions } from './recorder.ts';

/** A file of a closed part on the disk. */
export type Upload = {
  recording: string;
  name: string;
  path: string;
  bytes: number;
  sha256: string;
  /** Since when it waits. */
  since: number;
  /** Reads it, into this memory if it fits. */
  read(memory: Buffer): Promise<Buffer>;
  /** Is called when the store has it. */
  stored(): Promise<void>;
};

/** Moves files to the store: two at a time, each again and again until the store has it. */
export type Uploader = {
  add(upload: Upload): void;
  /** The files that wait, in order. */
  readonly waiting: ReadonlySet<Upload>;
  /** Gives what waits this long, then stops. */
  close(withinMs: number): Promise<void>;
};

const atOnce = 2;
const longestPauseMs = 60_000;
/** The file of a closed part has less than this besides what the part has. */
const overheadBytes = 256 * 1024;

/** Creates an uploader, which begins at once. `partBytes` is how much a part has. */
export function createUploader({
  store,
  logger,
  partBytes,
}: Pick<RecorderOptions, 'store' | 'logger'> & { partBytes: number }): Uploader {
  const waiting = new Set<Upload>();
  const queue: Upload[] = [];
  /** Memory for files. New memory for each costs more than reading it, and garbage collections besides. */
  const free: Buffer[] = [];
  const stopped = new AbortController();
  let failures = 0;
  let running = 0;

  async function move(upload: Upload): Promise<void> {
    const { recording, name, path, sha256 } = upload;
    let memory: Buffer | undefined;
    const read = () => upload.read((memory ??= free.pop() ?? Buffer.allocUnsafeSlow(partBytes + overheadBytes)));
    await store.put(recording, name, { path, sha256, read });
    // After a failure the memory may still be on its way to the store.
    if (memory) free.push(memory);
    await upload.stored();
    waiting.delete(upload);
  }

  async function work(): Promise<void> {
    while (!stopped.signal.aborted) {
      const upload = queue.shift();
      if (!upload) break;
      try {
        await move(upload);
        failures = 0;
      } catch (error) {
        queue.push(upload);
        failures += 1;
        const reason = (error as Error).message;
        const fields = { recording: upload.recording, file: upload.name, reason };
        if (error instanceof StoreConflict) logger.error(fields, 'the store has another file of this name');
        else logger.warn(fields, 'a file of a recording is not moved to the store yet');
        const longest = Math.min(longestPauseMs, 500 * 2 ** Math.min(failures, 10));
        await pause(longest * (0.5 + Math.random() / 2), undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
    running -= 1;
  }

  return {
    waiting,
    add(upload) {
      waiting.add(upload);
      queue.push(upload);
      if (running === atOnce) return;
      running += 1;
      void work();
    },
    async close(withinMs) {
      const end = performance.now() + withinMs;
      while (waiting.size > 0 && performance.now() < end) await pause(50);
      stopped.abort();
    },
  };
}
