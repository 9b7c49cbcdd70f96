import { ProblemError } from '@sallyport/kit';

/** Limits how many queries the store runs at once, so that storing events does not wait behind all of them. */
export type QueryLimiter = {
  /**
   * Runs the query when a slot is free. Rejects with `too-many-requests` if the person has too many open queries.
   * Returns undefined if the caller is gone by the time that the slot is free.
   */
  run<T>(person: string, query: () => Promise<T>, isGone: () => boolean): Promise<T | undefined>;
};

export type QueryLimiterDeps = {
  /** How many queries the store runs at once. */
  concurrency: number;
  /** How many queries a person may have open, including those that wait. */
  perPerson?: number;
  /** What a person is told who has that many. */
  message?: string;
};

/** Counts what each person has open. Returns what takes a place, and then what frees it; throws `too-many-requests`. */
function createPlaces(perPerson: number, message: string): (person: string) => () => void {
  const open = new Map<string, number>();
  return (person) => {
    const own = open.get(person) ?? 0;
    if (own >= perPerson) throw new ProblemError('too-many-requests', message);
    open.set(person, own + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = open.get(person)! - 1;
      if (left === 0) open.delete(person);
      else open.set(person, left);
    };
  };
}

/** Limits how many long answers a person may have open. */
export const createStreamLimit = (perPerson = 4): ((person: string) => () => void) =>
  createPlaces(perPerson, `You already follow or export the audit trail ${perPerson} times. End one of them first.`);

/** Creates the limiter. Queries run in the order in which they arrive. */
export function createQueryLimiter({
  concurrency,
  perPerson = 4,
  message = `You already have ${perPerson} open queries to the audit log. Wait until they are answered.`,
}: QueryLimiterDeps): QueryLimiter {
  const enter = createPlaces(perPerson, message);
  const waiting: (() => void)[] = [];
  let running = 0;

  const acquire = async (): Promise<void> => {
    if (running >= concurrency)
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    else running += 1;
  };
  const release = () => {
    const next = waiting.shift();
    // The slot passes directly to the next query, so that a query that arrives now cannot take it.
    if (next) next();
    else running -= 1;
  };
  return {
    async run(person, query, isGone) {
      const leave = enter(person);
      try {
        await acquire();
        try {
          return isGone() ? undefined : await query();
        } finally {
          release();
        }
      } finally {
        leave();
      }
    },
  };
}
