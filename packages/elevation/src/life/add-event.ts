import type { Elevation, ElevationEventType, UnrecordedEvent } from '@sallyport/contracts';

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
