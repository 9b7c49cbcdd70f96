import type { ApproverSetProgress, Elevation } from '@sallyport/contracts';

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
