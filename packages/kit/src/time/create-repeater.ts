/** Work that repeats itself until it is closed. */
export type Repeater = {
  /** Begins after this many milliseconds, by default after a pause. */
  start(firstMs?: number): void;
  /** Brings the next run forward. A run that is under way is followed by another one at once. */
  soon(): void;
  readonly isClosed: boolean;
  /** Resolves when nothing is running any more. */
  close(): Promise<void>;
};

/**
 * Creates work that runs again and again, with a pause in between. The pauses differ by up to a quarter of `pauseMs`, so
 * that replicas do not run at the same time. `run` must not reject.
 */
export function createRepeater(deps: {
  run(): Promise<void>;
  pauseMs: number;
  /** Returns a number from 0 to 1. */
  random: () => number;
}): Repeater {
  const { run, pauseMs, random } = deps;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  let again = false;
  const next = (ms = pauseMs * (0.75 + 0.5 * random())) => {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isRunning = true;
      running = run().finally(() => {
        isRunning = false;
        next(again ? 0 : undefined);
        again = false;
      });
    }, ms);
    timer.unref();
  };
  return {
    start: next,
    soon() {
      if (isRunning) again = true;
      else if (timer) next(0);
    },
    get isClosed() {
      return isClosed;
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
