import type { Elevation, ElevationStep, ElevationView } from '@sallyport/contracts';
import { approverSetProgress, wouldCount } from '../../elevation-states/approvals.ts';
import { tighten } from '../../elevation-states/tighten.ts';
import { isActive, isOver, awaitsReview, isBreakGlass, reviewDueAt } from '../../elevation-states/times.ts';
import { type Asker, type Relation, mayRevoke, isToReview } from './find-asker.ts';

/** What the caller can do. Whether the requester is an approver under an alias is found out when they try. */
function actionsOf(elevation: Elevation, relation: Relation, now: number): ElevationStep[] {
  const { mine, approves, sets, privileged, reviews } = relation;
  const review = reviews && isToReview(elevation, relation) ? (['review'] as const) : [];
  if (isOver(elevation)) return [...review];
  if (elevation.state === 'pending')
    return [
      ...(sets.length > 0 && !mine && wouldCount(elevation, sets) ? (['approve'] as const) : []),
      ...((approves || privileged) && !mine ? (['deny'] as const) : []),
      ...(mine ? (['withdraw'] as const) : []),
    ];
  return [
    ...(mayRevoke(relation) ? (['revoke'] as const) : []),
    ...(mine && isActive(elevation, now) && elevation.extends === undefined ? (['extend'] as const) : []),
    ...review,
  ];
}

function viewReview(elevation: Elevation, groups: readonly string[] | undefined, now: number): ElevationView['review'] {
  if (!elevation.review) return undefined;
  const { done } = elevation.review;
  const dueAt = reviewDueAt(elevation);
  return {
    groups: groups && [...groups],
    dueAt,
    overdue: awaitsReview(elevation) && now >= dueAt!,
    done: done && { user: done.by.user, at: done.at, verdict: done.verdict, comment: done.comment },
  };
}

/** Returns an elevation as its readers see it, without the keys of people. `reviewGroups` says who reviews it. */
function viewElevation(
  elevation: Elevation,
  relation: Relation,
  { now, reviewGroups }: { now: number; reviewGroups: readonly string[] | undefined },
): ElevationView {
  const { id, name, cluster, groups, state, durationMs, createdAt, pendingUntil, approvalsNeeded, ended } = elevation;
  const { namespace, reason, ticket, startsAt, activeFrom, expiresAt } = elevation;
  const login =
    (isOver(elevation) ? undefined : relation.freshLogin) ??
    (awaitsReview(elevation) ? relation.reviewLogin : undefined);
  return {
    id,
    name,
    cluster,
    groups,
    state,
    user: elevation.requester.user,
    mine: relation.mine,
    durationMs,
    createdAt,
    pendingUntil,
    namespace,
    reason,
    ticket,
    startsAt,
    activeFrom,
    expiresAt,
    extends: elevation.extends?.id,
    approverSets: approverSetProgress(elevation),
    review: viewReview(elevation, reviewGroups, now),
    approvalsNeeded,
    approvals: elevation.approvals.map(({ by, at, sets }) => ({ user: by.user, at, sets })),
    ended: ended && { at: ended.at, user: ended.by?.user, detail: ended.detail },
    unrecorded: elevation.unrecorded.length > 0,
    breakGlass: isBreakGlass(elevation),
    may: actionsOf(elevation, relation, now),
    freshLogin: login && { acrValues: [...login.acrValues] },
  };
}

/** Returns an elevation as a caller sees it, under the entry that it has now. */
export function showElevation(elevation: Elevation, asker: Asker): ElevationView {
  const rules = asker.snapshot.elevations.get(elevation.name);
  const about = { now: asker.now, reviewGroups: rules?.reviewGroups };
  return viewElevation(tighten(elevation, rules?.terms), asker.relationTo(elevation), about);
}
