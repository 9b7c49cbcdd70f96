import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import { accountName } from './same-person.ts';
import { isOver } from './times.ts';
import type { ElevationStep } from './transition.ts';

const ends = { deny: 'denied', withdraw: 'withdrawn', revoke: 'revoked' } as const;

/**
 * Reports whether an account has taken this step before, so that its refusal says nothing new. Who was told that a step
 * may or may not have happened repeats it.
 */
export function isRepeated(elevation: Elevation, step: ElevationStep): boolean {
  if (!('by' in step) || step.by === undefined) return false;
  const account = accountName(step.by);
  const isSame = (by: ElevationPerson | undefined) => by !== undefined && accountName(by) === account;
  if (step.type === 'approve') {
    const asked = elevation.approverSets?.map(({ name }) => name).filter((name) => step.sets?.includes(name)) ?? [];
    return (
      !isOver(elevation) &&
      elevation.approvals.some(({ by, sets = [] }) => isSame(by) && sets.join('\n') === asked.join('\n'))
    );
  }
  if (step.type === 'review') {
    const done = elevation.review?.done;
    return done !== undefined && isSame(done.by) && done.verdict === step.verdict && done.comment === step.comment;
  }
  return elevation.state === ends[step.type] && isSame(elevation.ended?.by);
}
