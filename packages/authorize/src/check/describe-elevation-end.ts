import type { Elevation } from '@sallyport/contracts';
import type { CallerView } from '../caller/caller-view.ts';
import { accountName } from '../elevation-states/same-person.ts';
import { latestEnd } from '../elevation-states/tighten.ts';
import { isOver } from '../elevation-states/times.ts';
import { endReason } from '../elevations/keeper/end-reasons.ts';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { person, quote } from './refusal-detail.ts';

/** Says what ended an elevation that is over. Its requester sees the same with `sallyport elevations show`. */
function describeOver({ name, state, ended, requester }: Elevation): string {
  const by = ended?.by;
  const why = ended?.detail === undefined ? '' : `: ${quote(ended.detail)}`;
  if (state === 'expired' || state === 'timed-out') return `Your elevation ${name} has expired`;
  if (by === undefined) return `Your elevation ${name} was ended by the gateway${why}`;
  return accountName(by) === accountName(requester)
    ? `You ended your elevation ${name}${why}`
    : `Your elevation ${name} was ${state} by ${person(by.user)}${why}`;
}

/**
 * Says what has become of the first of these elevations that the caller no longer has. Undefined if they have all of
 * them, and of those of others and those that are forgotten already.
 */
export function describeElevationEnd(
  ids: readonly string[],
  { own, caller }: { own: CallerView; caller: CallerView },
  snapshot: PolicySnapshot,
  { find, now }: { find: HeldElevations['find']; now: number },
): string | undefined {
  for (const id of ids) {
    const elevation = find(id);
    if (!elevation || accountName(elevation.requester) !== accountName(own.source.identity)) continue;
    const { name } = elevation;
    if (isOver(elevation)) return describeOver(elevation);
    const rules = snapshot.elevations.get(name);
    if (now >= latestEnd(elevation, rules?.terms.maxDurationMs ?? Infinity))
      return `Your elevation ${name} has expired`;
    const why = endReason(elevation, rules, now);
    if (why !== undefined) return `Your elevation ${name} has ended, because ${why}`;
    if (caller.elevations?.includes(name) !== true)
      return `Your elevation ${name} does not count now, because you may not have it any more`;
  }
  return undefined;
}
