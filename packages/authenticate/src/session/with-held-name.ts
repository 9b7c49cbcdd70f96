import { setTimeout as pause } from 'node:timers/promises';
import type { ProblemError } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';

/** Longer than any creation takes: the event and the session each have a deadline of a few seconds. */
const heldMs = 30_000;
const pollMs = 50;

type Held = {
  kind: string;
  name: string;
  /** The refusal if the name is held. */
  taken: ProblemError;
  /** How long to wait until it is free, in milliseconds. The default is not to wait. */
  waitMs?: number;
};

/** What each name of a store waits for in this process, so that only one of its callers at a time asks the store. */
const turns = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Runs `work` after what was begun earlier for the same key. If that takes until the deadline, throws `late` instead. */
async function inTurn<T>(
  owner: object,
  key: string,
  { until, late }: { until: number; late: ProblemError },
  work: () => Promise<T>,
): Promise<T> {
  const last = turns.get(owner) ?? new Map<string, Promise<unknown>>();
  turns.set(owner, last);
  const before = last.get(key);
  const own = (async () => {
    await before;
    if (performance.now() >= until) throw late;
    return work();
  })();
  const ended = own.catch(() => undefined);
  last.set(key, ended);
  try {
    return await own;
  } finally {
    if (last.get(key) === ended) last.delete(key);
  }
}

/** Holds a name while `create` runs, so that of several creations at once only one can find the name free. */
export async function withHeldName<T>(
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>,
  { kind, name, taken, waitMs = 0 }: Held,
  create: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + waitMs;
  const hold = async () => {
    while (!(await singleUse.claim(kind, name, {}, heldMs))) {
      if (performance.now() >= until) throw taken;
      await pause(pollMs);
    }
    try {
      return await create();
    } finally {
      // If this fails, the name is free again after a while.
      await singleUse.take(kind, name).catch(() => undefined);
    }
  };
  // Those that do not wait are refused by the store at once.
  return waitMs === 0 ? hold() : inTurn(singleUse, `${kind} ${name}`, { until, late: taken }, hold);
}

/** Holds a person while something of theirs is created, of which they may have so many. Waits for their other creations. */
export function withHeldPerson<T>(
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>,
  { kind, issuer, subject, taken }: { kind: string; issuer: string; subject: string; taken: ProblemError },
  create: () => Promise<T>,
): Promise<T> {
  return withHeldName(singleUse, { kind, name: JSON.stringify([issuer, subject]), taken, waitMs: 5000 }, create);
}
