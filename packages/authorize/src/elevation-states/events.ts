import type { Elevation, ElevationEventType, UnrecordedEvent } from '@sallyport/contracts';
import { reviewDueAt } from './times.ts';

/** Returns the elevation with one more event that the audit log has yet to acknowledge. */
export function addEvent(
  elevation: Elevation,
  type: ElevationEventType,
  about: Pick<UnrecordedEvent, 'at' | 'by' | 'detail'>,
): Elevation {
  const number = elevation.events + 1;
  return { ...elevation, events: number, unrecorded: [...elevation.unrecorded, { number, type, ...about }] };
}

/** Returns an approved elevation whose beginning is announced to the audit log. */
export function announce(elevation: Elevation, at: number): Elevation {
  const type = elevation.extends === undefined ? 'elevation.activated' : 'elevation.extended';
  return { ...addEvent(elevation, type, { at }), announced: true };
}

/** What an event says of its elevation that a later step can change. */
type EventFacts = NonNullable<UnrecordedEvent['facts']>;

/** Returns for which sets of approvers the approval of an event is. Undefined for any other event, and with one set. */
function setsOf({ approvals }: Elevation, { type, by, at }: UnrecordedEvent): string[] | undefined {
  if (type !== 'elevation.approved' || by === undefined) return undefined;
  return approvals.find((one) => one.at === at && one.by.issuer === by.issuer && one.by.subject === by.subject)?.sets;
}

/** What an event says of an elevation: what was stored with it or, from an older version, what is true now. */
export function factsOf(elevation: Elevation, event: UnrecordedEvent): EventFacts {
  if (event.facts) return event.facts;
  const { approvals, expiresAt } = elevation;
  const approvedFor = setsOf(elevation, event);
  const dueAt = reviewDueAt(elevation);
  return {
    approvers: approvals.map(({ by }) => by.user),
    ...(approvedFor === undefined ? {} : { approvedFor }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(dueAt === undefined ? {} : { reviewDueAt: dueAt }),
  };
}

/** Returns an elevation after a step whose new events, those after number `since`, have their facts. */
export function withFacts(elevation: Elevation, since: number): Elevation {
  if (elevation.events === since) return elevation;
  const unrecorded = elevation.unrecorded.map((event) =>
    event.number > since ? { ...event, facts: factsOf(elevation, event) } : event,
  );
  return { ...elevation, unrecorded };
}
