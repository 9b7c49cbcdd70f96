/** Gives the slot back. */
type Release = () => void;

type Limits = {
  running: number;
  /** How many may wait in addition. */
  waiting: number;
  /** How many of both may be of one person, so that one cannot keep out the others. */
  perPerson: number;
};

/** Creates the slots of one cluster. Those who wait are served in order. */
export function createReviewSlots({ running, waiting, perPerson }: Limits) {
  const queue = new Set<() => void>();
  const ofPerson = new Map<string, number>();
  let free = running;
  const leave = (person: string) => {
    const left = ofPerson.get(person)! - 1;
    if (left === 0) ofPerson.delete(person);
    else ofPerson.set(person, left);
  };
  const releaseFor = (person: string): Release => {
    return () => {
      leave(person);
      const [next] = queue;
      if (next) next();
      else free += 1;
    };
  };
  return {
    /** Waits for a slot, at most `ms` milliseconds. Resolves to undefined if there is none in time, or no room to wait. */
    take(person: string, ms: number): Promise<Release | undefined> {
      const own = ofPerson.get(person) ?? 0;
      if (own >= perPerson || (free === 0 && queue.size >= waiting)) return Promise.resolve(undefined);
      ofPerson.set(person, own + 1);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(releaseFor(person));
      }
      return new Promise((resolve) => {
        const begin = () => {
          clearTimeout(timer);
          queue.delete(begin);
          resolve(releaseFor(person));
        };
        const timer = setTimeout(() => {
          queue.delete(begin);
          leave(person);
          resolve(undefined);
        }, ms);
        queue.add(begin);
      });
    },
  };
}
export type ReviewSlots = ReturnType<typeof createReviewSlots>;
