import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { isOver } from '../../elevation-states/times.ts';
import type { ElevationOutcome, ElevationStep } from '../../elevation-states/transition.ts';
import type { ElevationKeeper } from './elevation-keeper.ts';

type Deps = { store: ElevationStore; keeper: ElevationKeeper };
type PendingStep = Extract<ElevationStep, { type: 'deny' | 'withdraw' }>;
type Revocation = Extract<ElevationStep, { type: 'revoke' }>;

/**
 * Ends an extension. Whether it is pending is not looked at before, because somebody may approve it in between. A step
 * never leads back to pending, so the revocation fits whatever is not pending any more.
 */
async function endExtension(
  id: string,
  steps: { pending: PendingStep; approved: Revocation },
  keeper: ElevationKeeper,
): Promise<ElevationOutcome | undefined> {
  const outcome = await keeper.take(id, steps.pending);
  return outcome?.ok === false && outcome.refusal === 'not-pending' ? keeper.take(id, steps.approved) : outcome;
}

/** Ends what extends an elevation that was revoked. Returns what it has ended. */
export async function endExtensions(
  id: string,
  { by, detail }: { by: ElevationPerson; detail: string | undefined },
  { store, keeper }: Deps,
): Promise<Elevation[]> {
  const who = { by, ...(detail === undefined ? {} : { detail }) };
  const ended: Elevation[] = [];
  for (const one of await store.open()) {
    if (one.extends?.id !== id || isOver(one)) continue;
    const steps = { pending: { type: 'deny', ...who }, approved: { type: 'revoke', ...who } } as const;
    const outcome = await endExtension(one.id, steps, keeper);
    if (outcome?.ok) ended.push(outcome.next);
  }
  return ended;
}

/** Lists the extensions of what was revoked. The replica that revoked it may have died before it ended them. */
export async function listOrphans(
  all: readonly Elevation[],
  store: Pick<ElevationStore, 'readAll'>,
): Promise<Elevation[]> {
  const extensions = all.flatMap((one) => (one.extends ? [{ one, extendedId: one.extends.id }] : []));
  if (extensions.length === 0) return [];
  const extended = await store.readAll([...new Set(extensions.map(({ extendedId }) => extendedId))]);
  const revoked = new Set(extended.filter(({ state }) => state === 'revoked').map(({ id }) => id));
  return extensions.filter(({ extendedId }) => revoked.has(extendedId)).map(({ one }) => one);
}

/**
 * Refuses an extension that was stored just now, and ends it, if what it extends is over by now. A revocation that has
 * listed the extensions before does not know of this one.
 */
export async function refuseOrphan({ id, requester, ...stored }: Elevation, { store, keeper }: Deps): Promise<void> {
  if (stored.extends === undefined) return;
  const extended = await store.read(stored.extends.id);
  if (extended && !isOver(extended)) return;
  const detail = 'the elevation that it extends has ended';
  const steps = { pending: { type: 'withdraw', by: requester, detail }, approved: { type: 'revoke', detail } } as const;
  await endExtension(id, steps, keeper);
  throw new ProblemError('conflict', 'Only an active elevation can be extended. Ask for a new one.');
}
