import type { SessionLookup } from './session-store.ts';

/** Reports whether what was found is live at this time, which is not before it was looked up. */
export function isLiveAt(found: SessionLookup, at: number): found is SessionLookup & { state: 'live' } {
  return (
    found.state === 'live' && found.idleEndsAt > at && (found.parent === undefined || found.parent.idleEndsAt > at)
  );
}
