/** Work that repeats itself until it is closed. */
export type Repeater = {
  /** Begins after this many milliseconds, by default after a pause. */
  start(firstMs?: number): void;
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
  const next = (ms = pauseMs * (0.75 + 0.5 * random())) => {
    if (isClosed) return;
    timer = setTimeout(() => {
      running = run().finally(() => next());
    }, ms);
    timer.unref();
  };
  return {
    start: next,
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
