import { ProblemError } from '@sallyport/kit';

/** Bounds how much of something costly goes on at once. */
export type Turns = {
  /** Runs `work`; rejects with `too-many-requests` if too much is under way, for this key or in all. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
};

const usualWords = 'This is being asked for too often at the moment. Try again shortly.';

/**
 * Creates turns: at most `all` at a time, and `each` (all unless said otherwise) of one key. `busy` is what whoever is
 * one too many is told.
 */
export function createTurns({
  all,
  each = all,
  busy = usualWords,
}: {
  all: number;
  each?: number;
  busy?: string;
}): Turns {
  const under = new Map<string, number>();
  let total = 0;
  return {
    async take(key, work) {
      const mine = under.get(key) ?? 0;
      if (mine >= each || total >= all) throw new ProblemError('too-many-requests', busy);
      under.set(key, mine + 1);
      total += 1;
      try {
        return await work();
      } finally {
        total -= 1;
        const left = under.get(key)! - 1;
        if (left === 0) under.delete(key);
        else under.set(key, left);
      }
    },
  };
}
