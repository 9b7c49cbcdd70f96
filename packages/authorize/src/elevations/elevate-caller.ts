import type { Check } from '@sallyport/contracts';
import { createCallerViews, type CallerView, type CallerViews } from '../check/caller-view.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { findGrants, type LostElevation } from './find-grants.ts';
import type { HeldElevations } from './held-elevations.ts';

/** Returns the caller with what their elevations give to this request; undefined if that is nothing. */
export type ElevateCaller = (
  caller: CallerView,
  check: Check,
  snapshot: PolicySnapshot,
  now: number,
) => CallerView | undefined;

/** Creates it. Somebody without an elevation costs one look-up in a map. `lose` is told of those that must end. */
export function createElevateCaller(deps: {
  held: Pick<HeldElevations, 'of'>;
  views: Pick<CallerViews, 'elevated'>;
  lose?: (lost: LostElevation) => void;
}): ElevateCaller {
  return (caller, check, snapshot, now) => {
    const held = deps.held.of(caller.source.identity);
    if (held === undefined || snapshot.elevations.size === 0) return undefined;
    const { grants, lost } = findGrants(held, check, caller, snapshot, now);
    if (deps.lose) for (const one of lost) deps.lose(one);
    return grants.length === 0 ? undefined : deps.views.elevated(caller.source, grants);
  };
}

/** Returns the caller as a request would find them there, with their elevations. No elevation ends by this. */
export function withHeldElevations(
  caller: CallerView,
  check: Check,
  snapshot: PolicySnapshot,
  { held, now }: { held: Pick<HeldElevations, 'of'>; now: number },
): CallerView {
  return createElevateCaller({ held, views: createCallerViews({ max: 1 }) })(caller, check, snapshot, now) ?? caller;
}
