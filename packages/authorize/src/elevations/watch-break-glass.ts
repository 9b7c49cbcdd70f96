import type { Elevation } from '@sallyport/contracts';
import { accountName, isBreakGlass, isOver } from '@sallyport/elevation';
import type { Logger } from '@sallyport/kit';

/** Is told of every step of an elevation by the replica that wrote it. */
export type OnStep = (before: Elevation, after: Elevation) => void;

/** Returns the approvals that a step has dropped: by the requester or another approver, or under other approvers. */
function droppedApprovals(before: Elevation, after: Elevation): Elevation['approvals'] {
  const kept = new Set(after.approvals.map(({ by }) => accountName(by)));
  return before.approvals.filter(({ by }) => !kept.has(accountName(by)));
}

/** Creates what writes a warning to the log for what must not go unnoticed: each is logged by one replica. */
export function createWatchBreakGlass(logger: Pick<Logger, 'warn'>): OnStep {
  return (before, after) => {
    const { id, name, cluster, namespace, state, groups, requester, expiresAt, review, ended } = after;
    const about = { elevation: id, name, cluster, namespace, user: requester.user };
    for (const { by } of droppedApprovals(before, after))
      logger.warn(
        { ...about, approver: by.user },
        'an approval does not count: it is by an alias of another person, or the approvers have changed',
      );
    const began = state === 'active' && before.state !== 'active';
    if (isBreakGlass(after) && began)
      logger.warn({ ...about, groups, expiresAt: new Date(expiresAt!).toISOString() }, 'break-glass is active');
    if (isBreakGlass(after) && before.state === 'active' && isOver(after))
      logger.warn({ ...about, state, endedBy: ended?.by?.user }, 'break-glass has ended');
    if (review?.overdue && !before.review?.overdue) logger.warn(about, 'the review of an elevation is overdue');
    if (review?.done?.verdict === 'unjustified' && !before.review?.done)
      logger.warn({ ...about, reviewer: review.done.by.user }, 'an elevation was reviewed as unjustified');
  };
}
