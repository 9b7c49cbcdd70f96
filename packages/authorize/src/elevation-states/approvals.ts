import type { Elevation, ElevationPerson, ApproverSetProgress } from '@sallyport/contracts';
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

type Demands = NonNullable<Elevation['approverSets']>;
/** For each approver, the names of the sets to which they belong. */
type Approvers = readonly (readonly string[])[];

/**
 * Returns for how many approvers there is a place, if each takes one place of one of their sets. This is a maximum
 * matching (Kuhn's algorithm): someone who has a place moves to another of their sets if that makes room. Taking the
 * first free place instead could refuse what is enough.
 */
function countPlaced(demands: Demands, approvers: Approvers): number {
  const places = demands.flatMap(({ name, approvals }) => Array.from({ length: approvals }, () => name));
  const taken = new Map<number, readonly string[]>();
  const place = (sets: readonly string[], tried: Set<number>): boolean =>
    places.some((set, at) => {
      if (tried.has(at) || !sets.includes(set)) return false;
      tried.add(at);
      const other = taken.get(at);
      if (other !== undefined && !place(other, tried)) return false;
      taken.set(at, sets);
      return true;
    });
  return approvers.filter((sets) => place(sets, new Set())).length;
}

const given = ({ approvals }: Pick<Elevation, 'approvals'>): Approvers => approvals.map(({ sets = [] }) => sets);

type Approved = Pick<Elevation, 'approvals' | 'approvalsNeeded' | 'approverSets'>;

/** Reports whether an elevation has all approvals that it needs: of several sets, those of each, by different people. */
export function isApproved(elevation: Approved): boolean {
  const { approvals, approvalsNeeded, approverSets } = elevation;
  const counted = approverSets ? countPlaced(approverSets, given(elevation)) : approvals.length;
  return counted >= approvalsNeeded;
}

/**
 * Reports whether the approval of one more person, who belongs to these sets, would bring an elevation nearer to being
 * approved. If it would not now, it will not later, as long as the approvals before it count.
 */
export function wouldCount(elevation: Approved, sets: readonly string[]): boolean {
  const { approverSets } = elevation;
  if (!approverSets) return !isApproved(elevation);
  const before = given(elevation);
  return countPlaced(approverSets, [...before, sets]) > countPlaced(approverSets, before);
}

/** Returns how far each set of approvers has come; undefined if there is only one. */
export function approverSetProgress(elevation: Approved): ApproverSetProgress[] | undefined {
  const { approverSets } = elevation;
  if (!approverSets) return undefined;
  const before = given(elevation);
  const placed = countPlaced(approverSets, before);
  return approverSets.map(({ name, approvals }) => {
    const more = Array.from({ length: approvals }, () => [name]);
    return { name, approvals, lacks: countPlaced(approverSets, [...before, ...more]) - placed };
  });
}
