import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import { addEvent, announce, withFacts } from './events.ts';

/** What was asked for, with what the configuration says about it. Durations are milliseconds. */
export type ElevationTerms = Pick<
  Elevation,
  | 'id'
  | 'name'
  | 'cluster'
  | 'namespace'
  | 'groups'
  | 'reason'
  | 'ticket'
  | 'durationMs'
  | 'startsAt'
  | 'extends'
  | 'approvalsNeeded'
  | 'approverSets'
  | 'whenAuditUnavailable'
> & {
  requester: ElevationPerson;
  pendingTimeoutMs: number;
  /** How long after its end it must be reviewed; undefined if no one has to. */
  reviewWithinMs?: number | undefined;
};

/** Returns the elevation with its time of being a right. An extension adds to the end of the one that it extends. */
export function approveTimes(elevation: Elevation, at: number): Elevation {
  const activeFrom = Math.max(at, elevation.startsAt ?? at);
  const expiresAt = Math.max(activeFrom, elevation.extends?.until ?? activeFrom) + elevation.durationMs;
  const approved: Elevation = { ...elevation, state: 'approved', activeFrom, expiresAt };
  return activeFrom <= at ? announce(approved, at) : approved;
}

/** Returns the first state of an elevation: pending, or approved at once if it needs no approval. */
export function requestElevation(asked: ElevationTerms, now: number): Elevation {
  const { pendingTimeoutMs, reviewWithinMs, approverSets, ...terms } = asked;
  const approvalsNeeded = approverSets?.reduce((sum, { approvals }) => sum + approvals, 0) ?? terms.approvalsNeeded;
  const pending: Elevation = {
    format: approverSets ? 2 : 1,
    revision: 1,
    ...terms,
    approvalsNeeded,
    ...(approverSets ? { approverSets } : {}),
    createdAt: now,
    changedAt: now,
    pendingUntil: Math.max(now, terms.startsAt ?? now) + pendingTimeoutMs,
    state: 'pending',
    approvals: [],
    announced: false,
    ...(reviewWithinMs === undefined ? {} : { review: { withinMs: reviewWithinMs, overdue: false } }),
    events: 0,
    unrecorded: [],
  };
  const requested = addEvent(pending, 'elevation.requested', { at: now, by: terms.requester });
  return withFacts(approvalsNeeded > 0 ? requested : approveTimes(requested, now), 0);
}
