import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import { isSamePerson, type NamesOf } from './same-person.ts';

/** Returns the approvals that count: one for each person, and none of the requester under another account. */
export function countingApprovals(
  { approvals, requester }: Pick<Elevation, 'approvals' | 'requester'>,
  namesOf: NamesOf,
): Elevation['approvals'] {
  const counting: Elevation['approvals'] = [];
  for (const given of approvals) {
    const others = [requester, ...counting.map(({ by }) => by)];
    if (!others.some((other) => isSamePerson(given.by, other, namesOf))) counting.push(given);
  }
  return counting;
}

/** Reports whether time could make a right of an approved elevation now, so that its approvals must still count. */
export function canBegin({ state, activeFrom, expiresAt }: Elevation, now: number): boolean {
  return state === 'approved' && (activeFrom ?? Infinity) <= now && now < (expiresAt ?? 0);
}

/** Returns the people whose names a step depends on: it must be known under which accounts they are known now. */
export function peopleOf(
  elevation: Elevation,
  step: { type: string; by?: ElevationPerson | undefined },
  now: number,
): ElevationPerson[] {
  const { requester, approvals, changedAt } = elevation;
  const approvers = approvals.map(({ by }) => by);
  const by = step.by === undefined ? [] : [step.by];
  if (step.type === 'review') return elevation.review ? [requester, ...by] : [];
  if (step.type === 'approve') return elevation.state === 'pending' ? [requester, ...approvers, ...by] : [];
  if (step.type !== 'tick' || !canBegin(elevation, Math.max(now, changedAt))) return [];
  return approvers.length === 0 ? [] : [requester, ...approvers];
}
