/** Runs `work` one at a time. All calls during a run share the next one. */
export function oneAtATime<A, R>(work: (argument: A) => Promise<R>) {
  let running: Promise<R> | undefined;
  let next: Promise<R> | undefined;
  const start = (argument: A) => {
    running = work(argument).finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    run(argument: A): Promise<R> {
      if (!running) return start(argument);
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start(argument);
        });
      return next;
    },
    idle: async () => {
      while (running) await running.catch(() => undefined);
    },
  };
}
