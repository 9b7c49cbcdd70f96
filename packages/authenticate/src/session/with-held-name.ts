import type { ProblemError } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';

/** Longer than any creation takes: the event and the session each have a deadline of a few seconds. */
const heldMs = 30_000;

/** Holds a name while `create` runs, so that of several creations at once only one can find the name free. */
export async function withHeldName<T>(
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>,
  { kind, name, taken }: { kind: string; name: string; taken: ProblemError },
  create: () => Promise<T>,
): Promise<T> {
  if (!(await singleUse.claim(kind, name, {}, heldMs))) throw taken;
  try {
    return await create();
  } finally {
    // If this fails, the name is free again after a while.
    await singleUse.take(kind, name).catch(() => undefined);
  }
}
