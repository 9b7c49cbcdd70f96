import { setTimeout } from 'node:timers/promises';
import { ProblemError } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';

/** A replica that dies keeps a person from asking for as long as this, in milliseconds. */
const heldMs = 10_000;
/** How long after the beginning of a hold something may be written. A write takes less than the rest. */
const writableMs = 5000;
/** How long a request waits for its turn, in milliseconds. */
const waitMs = 3000;
const pollMs = 25;

type Person = { issuer: string; subject: string };

/** Runs the requests of each person one after another. `mayWrite` throws once another replica might take the turn. */
export type OneRequestAtATime = <T>(person: Person, run: (mayWrite: () => void) => Promise<T>) => Promise<T>;

const busy = () =>
  new ProblemError('too-many-requests', 'Other requests of yours are being stored. Try again in a moment.', {
    retryAfterSeconds: 1,
  });
const tooSlow = () =>
  new ProblemError('sessions-unavailable', 'The session store took too long, so nothing was stored. Try again.');

/**
 * Creates what runs the requests of each person one after another, over all replicas. What is open already decides
 * whether a request is stored, and of two at once neither would see the other.
 */
export function createOneRequestAtATime(deps: {
  store: Pick<ElevationStore, 'hold'>;
  now: () => number;
}): OneRequestAtATime {
  const { store, now } = deps;
  // Those of this replica queue here, so that only the first of them asks the store.
  const lastOf = new Map<string, Promise<unknown>>();
  const hold = async (person: Person, deadline: number) => {
    for (;;) {
      const since = now();
      if (since > deadline) throw busy();
      const release = await store.hold(person, heldMs);
      if (release) return { release, writableUntil: since + writableMs };
      await setTimeout(pollMs);
    }
  };
  const inTurn = async <T>(person: Person, deadline: number, run: Parameters<OneRequestAtATime>[1]) => {
    const { release, writableUntil } = await hold(person, deadline);
    try {
      return (await run(() => {
        if (now() > writableUntil) throw tooSlow();
      })) as T;
    } finally {
      // If this fails, the hold ends by itself.
      await release().catch(() => undefined);
    }
  };
  return async <T>(person: Person, run: Parameters<OneRequestAtATime>[1]) => {
    const key = JSON.stringify([person.issuer, person.subject]);
    const deadline = now() + waitMs;
    const before = lastOf.get(key) ?? Promise.resolve();
    const mine = before.then(() => inTurn<T>(person, deadline, run));
    const done = mine.then(
      () => undefined,
      () => undefined,
    );
    lastOf.set(key, done);
    try {
      return await mine;
    } finally {
      if (lastOf.get(key) === done) lastOf.delete(key);
    }
  };
}
