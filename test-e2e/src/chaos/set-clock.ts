import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runDirectory } from '../harness/index.ts';

/** Clocks of processes that a test sets. */
export type Clocks = {
  /** For the processes whose clocks are to be set. */
  environment: Record<string, string>;
  /** Sets the clock of a process to this many milliseconds from the real time, and waits until it has noticed. */
  set(pid: number, offsetMs: number): Promise<void>;
};

/** Creates clocks. A process that starts has the real time. */
export function createClocks(): Clocks {
  const directory = mkdtempSync(path.join(runDirectory(), 'clocks-'));
  const preload = fileURLToPath(new URL('shifted-clock.ts', import.meta.url));
  return {
    environment: {
      NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
      SALLYPORT_TEST_CLOCKS: directory,
    },
    async set(pid, offsetMs) {
      writeFileSync(path.join(directory, String(pid)), String(offsetMs));
      await pause(100);
    },
  };
}
