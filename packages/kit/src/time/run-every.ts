/** Work that is done at an interval until it is closed. */
export type Interval = {
  /** Does the work now, unless it is under way. */
  now(): void;
  /** Resolves when nothing is running any more. */
  close(): Promise<void>;
};

/** Does work at an interval, and never twice at once. Does not keep the process alive. `work` must not reject. */
export function runEvery(everyMs: number, work: () => Promise<void>): Interval {
  let running: Promise<void> | undefined;
  let isClosed = false;
  const now = () => {
    if (!isClosed) running ??= work().finally(() => (running = undefined));
  };
  const timer = setInterval(now, everyMs);
  timer.unref();
  return {
    now,
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
}
