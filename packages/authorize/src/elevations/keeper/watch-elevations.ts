import type { Elevation } from '@sallyport/contracts';
import type { Logger, Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import { accountName } from '../../elevation-states/same-person.ts';
import { isOver, isActive, isBreakGlass, reviewDueAt } from '../../elevation-states/times.ts';
import type { OnStep } from './elevation-keeper.ts';
import type { HeldElevations } from './held-elevations.ts';

/** Returns the approvals that a step has dropped: by the requester or another approver, or under other approvers. */
function droppedApprovals(before: Elevation, after: Elevation): Elevation['approvals'] {
  const kept = new Set(after.approvals.map(({ by }) => accountName(by)));
  return before.approvals.filter(({ by }) => !kept.has(accountName(by)));
}

/** Logs a warning for each step that must not go unnoticed: each is logged by one replica. */
export function createWarnOfSteps(logger: Pick<Logger, 'warn'>): OnStep {
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

/** Registers what an operator must not miss. Every replica reports the same: it is about all elevations. */
export function registerElevationMetrics(
  metrics: Metrics,
  { held, now }: { held: Pick<HeldElevations, 'all' | 'toReview'>; now: () => number },
): void {
  const gauge = (name: string, help: string, count: () => number) => {
    const made: Gauge = new Gauge({ name, help, registers: [metrics], collect: () => made.set(count()) });
  };
  gauge(
    'sallyport_elevations_break_glass_active',
    'Elevations that began without an approval and are active',
    () => held.all().filter((one) => isBreakGlass(one) && isActive(one, now())).length,
  );
  gauge('sallyport_elevations_to_review', 'Elevations that wait for a review', () => held.toReview().length);
  gauge(
    'sallyport_elevations_reviews_overdue',
    'Elevations whose review is overdue',
    () => held.toReview().filter((one) => now() >= reviewDueAt(one)!).length,
  );
}
