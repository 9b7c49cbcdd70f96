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

/** Holds a name while `create` runs, so that of several creations at once only one can find the name free. */
export async function withHeldName<T>(
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>,
  { kind, name, taken, waitMs = 0 }: Held,
  create: () => Promise<T>,
): Promise<T> {
  for (const until = performance.now() + waitMs; !(await singleUse.claim(kind, name, {}, heldMs));) {
    if (performance.now() >= until) throw taken;
    await pause(pollMs);
  }
  try {
    return await create();
  } finally {
    // If this fails, the name is free again after a while.
    await singleUse.take(kind, name).catch(() => undefined);
  }
}

/** Holds a person while something of theirs is created, of which they may have so many. Waits for their other creations. */
export function withHeldPerson<T>(
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>,
  { kind, issuer, subject, taken }: { kind: string; issuer: string; subject: string; taken: ProblemError },
  create: () => Promise<T>,
): Promise<T> {
  return withHeldName(singleUse, { kind, name: JSON.stringify([issuer, subject]), taken, waitMs: 5000 }, create);
}
