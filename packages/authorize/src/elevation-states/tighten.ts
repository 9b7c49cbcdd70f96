import type { Elevation } from '@sallyport/contracts';

/** What an entry of the configuration demands now. Durations are milliseconds. */
export type EntryTerms = {
  maxDurationMs: number;
  approvalsNeeded: number;
  approverSets?: Elevation['approverSets'];
  /** Identifies the policies that say who approves. An approval under others does not count any more. */
  approvers: string;
  /** How long after its end an elevation must be reviewed; undefined if no one has to. */
  reviewWithinMs?: number | undefined;
  whenAuditUnavailable: Elevation['whenAuditUnavailable'];
};

/**
 * Returns when an elevation that is approved ends at the latest, if none may be longer than this: at its own end, or as
 * long as that after it began. An extension is added to what the elevation before may have left.
 */
export function latestEnd(
  { activeFrom = 0, expiresAt = 0, extends: extended, durationMs }: Elevation,
  maxDurationMs: number,
): number {
  const from = Math.max(activeFrom, Math.min(extended?.until ?? activeFrom, activeFrom + maxDurationMs));
  return Math.min(expiresAt, from + Math.min(durationMs, maxDurationMs));
}

/**
 * Returns an extension that may be approved now. It counts from what is left of the elevation before, and its entry may
 * allow less by now, so that what its events say of its end is true.
 */
export function capExtension(elevation: Elevation, terms: EntryTerms | undefined, now: number): Elevation {
  const { state, extends: extended } = elevation;
  if (!terms || !extended || state !== 'pending') return elevation;
  return { ...elevation, extends: { ...extended, until: Math.min(extended.until, now + terms.maxDurationMs) } };
}

type Demands = Pick<Elevation, 'approvals' | 'approvalsNeeded' | 'approverSets'>;

/** What approvals an elevation needs, and which of its own still count. */
function strictestApprovals({ approvals, approvalsNeeded, approverSets }: Demands, terms: EntryTerms): Demands {
  const atLeast = Math.max(approvalsNeeded, terms.approvalsNeeded);
  // Other people approve now than were asked for, so the request cannot be approved any more.
  if ((approverSets === undefined) !== (terms.approverSets === undefined))
    return { approvals: [], approvalsNeeded: atLeast, ...(approverSets ? { approverSets } : {}) };
  const counting = approvals.filter(({ under }) => under === undefined || under === terms.approvers);
  if (!approverSets) return { approvals: counting, approvalsNeeded: atLeast };
  const sets = new Map(approverSets.map((set) => [set.name, set]));
  for (const set of terms.approverSets!)
    sets.set(set.name, { ...set, approvals: Math.max(set.approvals, sets.get(set.name)?.approvals ?? 0) });
  const demanded = [...sets.values()];
  const sum = demanded.reduce((total, set) => total + set.approvals, 0);
  return { approvals: counting, approvalsNeeded: sum, approverSets: demanded };
}

/**
 * Returns an elevation under the stricter of what was frozen at its request and what its entry demands now. Approvals and
 * the review are those with which it began, so for one that is active only the end can change.
 */
export function tighten(elevation: Elevation, terms: EntryTerms | undefined): Elevation {
  const { state, durationMs, review } = elevation;
  if (!terms || (state !== 'pending' && state !== 'approved' && state !== 'active')) return elevation;
  const end = state === 'pending' ? {} : { expiresAt: latestEnd(elevation, terms.maxDurationMs) };
  if (state === 'active') return { ...elevation, ...end };
  const withinMs = Math.min(review?.withinMs ?? Infinity, terms.reviewWithinMs ?? Infinity);
  return {
    ...elevation,
    ...strictestApprovals(elevation, terms),
    ...end,
    durationMs: Math.min(durationMs, terms.maxDurationMs),
    ...(Number.isFinite(withinMs) ? { review: { overdue: false, ...review, withinMs } } : {}),
    ...(terms.whenAuditUnavailable === 'refuse' ? { whenAuditUnavailable: 'refuse' } : {}),
  };
}
