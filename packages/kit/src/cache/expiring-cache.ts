import { LRUCache } from 'lru-cache';

/** Remembers at most a number of values, each for its own time. */
export type ExpiringCache<Value> = {
  get(key: string): Value | undefined;
  /** Remembers the value for `ms` milliseconds. */
  set(key: string, value: Value, ms: number): void;
};

/** Creates an empty cache. When it is full, the value that was not used for the longest time is forgotten. */
export function createExpiringCache<Value extends object | string>(options: {
  max: number;
  /** Milliseconds of the monotonic clock. */
  clock: () => number;
  /** How much all values may take together, and what one takes, in any unit. */
  size?: { max: number; of(value: Value): number };
}): ExpiringCache<Value> {
  const { max, clock, size } = options;
  const values = new LRUCache<string, Value>({
    max,
    perf: { now: clock },
    ttlResolution: 0,
    ...(size === undefined ? {} : { maxSize: size.max, sizeCalculation: size.of }),
  });
  return {
    get: (key) => values.get(key),
    set: (key, value, ttl) => void values.set(key, value, { ttl }),
  };
}
