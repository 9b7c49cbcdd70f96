import { setTimeout as pause } from 'node:timers/promises';
import { partBytes } from '../format/part-layout.ts';
import { StoreConflict } from '../store/recording-store.ts';
import type { RecorderOptions } from './recorder.ts';

/** A file of a closed part on the disk. */
export type Upload = {
  recording: string;
  name: string;
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
/** More than the file of a closed part has. */
const fileBytes = partBytes + 256 * 1024;

/** Creates an uploader, which begins at once. */
export function createUploader({ store, logger }: Pick<RecorderOptions, 'store' | 'logger'>): Uploader {
  const waiting = new Set<Upload>();
  const queue: Upload[] = [];
  /** Memory for files. New memory for each costs more than reading it, and garbage collections besides. */
  const free: Buffer[] = [];
  const stopped = new AbortController();
  let failures = 0;
  let running = 0;

  async function move(upload: Upload): Promise<void> {
    const memory = free.pop() ?? Buffer.allocUnsafeSlow(fileBytes);
    await store.put(upload.recording, upload.name, await upload.read(memory), upload.sha256);
    // After a failure the memory may still be on its way to the store.
    free.push(memory);
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
