import { CliError } from '../../terminal/cli-error.ts';

type Limits = { running: number; waiting: number };

/**
 * Returns a function that runs work, at most `running` at a time. Others wait in their order, at most `waiting` of them.
 * Work whose signal is aborted before its turn does not run.
 */
export function limitConcurrency({ running, waiting }: Limits) {
  const queue: (() => void)[] = [];
  let free = running;
  const release = () => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const turn = (signal: AbortSignal): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    if (queue.length >= waiting)
      throw new CliError('unreachable', 'too many calls at the same time', 'Wait for the answers to earlier calls.');
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(take), 1);
        reject(signal.reason as Error);
      };
      const take = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      queue.push(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  };
  return async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    await turn(signal);
    try {
      return await work();
    } finally {
      release();
    }
  };
}
