import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { openWatches } from './open-watches.ts';
import type { WatchesOptions, WatchesQuestion } from './watches-child.ts';

/** Watches in a process of their own. */
export type WatchesApart = {
  /** How many have ended. */
  count(): Promise<number>;
  /** When each of those ended (milliseconds since the epoch), and its last message. */
  ended(): Promise<{ at: number; said: string }[]>;
  close(): void;
};

/**
 * Opens watches as `openWatches` does, in a process of their own: what the test does meanwhile does not delay the clock by
 * which they end.
 */
export async function openWatchesApart(url: string, options: Parameters<typeof openWatches>[1]): Promise<WatchesApart> {
  const child = fork(fileURLToPath(new URL('watches-child.ts', import.meta.url)), {
    execArgv: ['--conditions=source'],
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error('the process of the watches has ended');
  });
  gone.catch(() => {});
  const answer = async <T>(message: WatchesOptions | WatchesQuestion): Promise<T> => {
    const answered = once(child, 'message');
    child.send(message);
    const [value] = (await Promise.race([answered, gone])) as [T];
    return value;
  };
  await answer({ url, options });
  return {
    count: () => answer('count'),
    ended: () => answer('ended'),
    close: () => child.disconnect(),
  };
}
