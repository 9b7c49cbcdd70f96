import type { Elevation, ElevationEventType, ElevationNotice, NotificationConfig } from '@sallyport/contracts';
import { approverSetProgress } from '../../elevation-states/approvals.ts';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import { eventId } from './record-events.ts';

/** What people are told of a step: from one revision (none: there was no elevation) to the next. */
export type NoticesOf = (before: Elevation | undefined, after: Elevation) => ElevationNotice[];

type Step = Pick<Elevation['unrecorded'][number], 'number' | 'type' | 'at' | 'by' | 'detail'>;

const begins: ReadonlySet<ElevationEventType> = new Set(['elevation.activated', 'elevation.extended']);

/**
 * Returns the steps to tell. That a right begins is told when it does. Its event comes before that, because the audit log
 * must have it first, and may never acknowledge it.
 */
function stepsOf(before: Elevation | undefined, after: Elevation): Step[] {
  const known = before?.events ?? 0;
  const added = after.unrecorded.filter(({ number, type }) => number > known && !begins.has(type));
  if (after.state !== 'active' || before?.state === 'active') return added;
  // The event that announced it was the last one.
  const type = after.extends === undefined ? 'elevation.activated' : 'elevation.extended';
  return [...added, { number: after.events, type, at: after.changedAt }];
}

function factsOf(elevation: Elevation): ElevationNotice['elevation'] {
  const { id, name, cluster, groups, state, durationMs, pendingUntil, approvalsNeeded } = elevation;
  const { namespace, reason, ticket, startsAt, expiresAt, requester, approvals } = elevation;
  return {
    id,
    name,
    cluster,
    ...(namespace === undefined ? {} : { namespace }),
    groups,
    user: requester.user,
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    state,
    durationMs,
    ...(startsAt === undefined ? {} : { startsAt }),
    pendingUntil,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    approvalsNeeded,
    approvers: approvals.map(({ by }) => by.user),
    ...(elevation.approverSets ? { approverSets: approverSetProgress(elevation) } : {}),
    ...(elevation.extends === undefined ? {} : { extends: elevation.extends.id }),
  };
}

/**
 * Creates the function that writes the notices for the channels of this replica. An entry without `notify` tells all of
 * them.
 */
export function createNoticesOf(deps: {
  channels: readonly Pick<NotificationConfig, 'name' | 'events'>[];
  rulesOf(name: string): Pick<ElevationRules, 'entry'> | undefined;
}): NoticesOf {
  if (deps.channels.length === 0) return () => [];
  return (before, after) => {
    const names = deps.rulesOf(after.name)?.entry.notify;
    const channels = deps.channels.filter(({ name }) => names?.includes(name) ?? true);
    return stepsOf(before, after).flatMap(({ number, type, at, by, detail }) => {
      const told = channels.filter(({ events }) => events?.includes(type) ?? true).map(({ name }) => name);
      if (told.length === 0) return [];
      return [
        {
          id: eventId(after.id, number),
          number,
          type,
          at,
          ...(by === undefined ? {} : { by: by.user }),
          ...(detail === undefined ? {} : { detail }),
          channels: told,
          elevation: factsOf(after),
        },
      ];
    });
  };
}
