import type { Elevation } from '@sallyport/contracts';
import type { ElevationStore } from '@sallyport/stores';
import type { Logger } from '@sallyport/kit';
import { isRepeated, type ElevationStep } from '../../elevation-states/transition.ts';
import type { ElevationKeeper } from '../keeper/elevation-keeper.ts';
import type { Asker } from './find-asker.ts';
import { noSuchElevation, refusedStep } from './refusals.ts';

/**
 * Takes the step of a person. One that the same account has taken before is answered with what it has led to, once that
 * is known to stay: the first answer may have been that it may or may not have happened. Throws if it is not taken.
 */
export async function takeStep(
  id: string,
  step: ElevationStep,
  { keeper, store }: { keeper: ElevationKeeper; store: ElevationStore },
): Promise<{ elevation: Elevation; repeated: boolean }> {
  const outcome = await keeper.take(id, step);
  if (outcome?.ok) return { elevation: outcome.next, repeated: false };
  const found = outcome && (await store.read(id));
  if (!found) throw noSuchElevation();
  if (!isRepeated(found, step)) throw refusedStep(outcome.refusal);
  await store.confirm();
  return { elevation: found, repeated: true };
}

/** Logs a step that a person has taken. */
export function logStep(
  logger: Logger,
  action: string,
  { id, name, cluster, state }: Elevation,
  { person }: Pick<Asker, 'person'>,
): void {
  logger.info({ elevation: id, name, cluster, state, action, user: person.user }, 'a step of an elevation');
}
