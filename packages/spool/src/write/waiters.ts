/** Callers who wait until a position is reached. */
export type Waiters = {
  /** Resolves when `position` is reached. Those who wait at the same time share one promise, which is that of `upTo`. */
  wait(position: number, upTo: number): Promise<void>;
  /** The lowest position that someone waits for. */
  readonly next: number | undefined;
  reach(position: number): void;
  rejectAll(error: Error): void;
};

type Waiter = { upTo: number; promise: Promise<void>; resolve(): void; reject(error: Error): void };

/** Creates an empty list. */
export function createWaiters(): Waiters {
  let waiting: Waiter[] = [];
  return {
    wait(position, upTo) {
      const known = waiting.find((waiter) => waiter.upTo >= position);
      if (known) return known.promise;
      const waiter: Waiter = { upTo, ...Promise.withResolvers<void>() };
      // Whoever waits gets the error. It is not also a fault of the process.
      waiter.promise.catch(() => undefined);
      waiting.push(waiter);
      return waiter.promise;
    },
    get next() {
      return waiting[0]?.upTo;
    },
    reach(position) {
      while (waiting.length > 0 && waiting[0]!.upTo <= position) waiting.shift()!.resolve();
    },
    rejectAll(error) {
      for (const waiter of waiting) waiter.reject(error);
      waiting = [];
    },
  };
}
