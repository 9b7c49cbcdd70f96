import type { Elevation } from '@sallyport/contracts';
import { isApproved, isOver, latestEnd, tighten } from '@sallyport/elevation';
import type { ElevationRules } from './elevation-rules.ts';

/** Why an elevation ends that no entry is for any more. */
export const notConfigured = 'it is no longer configured';

/** Reports whether the entry of an elevation is still there, for its place and with one of its groups. */
function isConfigured({ cluster, namespace, groups }: Elevation, rules: ElevationRules): boolean {
  return rules.covers(cluster, namespace) && groups.some((group) => rules.groups.has(group));
}

/** Returns why an elevation that has not begun cannot begin under its entry. */
function whyNotBegin(elevation: Elevation, rules: ElevationRules): string | undefined {
  if (!rules.acceptsReason(elevation.reason)) return 'its entry demands a reason now';
  if (!rules.acceptsTicket(elevation.ticket)) return 'its entry demands another ticket now';
  if (elevation.state === 'approved' && isApproved(elevation) && !isApproved(tighten(elevation, rules.terms)))
    return 'its entry demands other approvals now';
  return undefined;
}

/** Returns why an elevation must end because of what its entry is by now; undefined if it may go on. */
export function endReason(elevation: Elevation, rules: ElevationRules | undefined, now: number): string | undefined {
  if (isOver(elevation)) return undefined;
  if (!rules || !isConfigured(elevation, rules)) return notConfigured;
  if (elevation.state !== 'active') {
    const why = whyNotBegin(elevation, rules);
    if (why !== undefined) return why;
  }
  const isCut = elevation.state !== 'pending' && latestEnd(elevation, rules.terms.maxDurationMs) <= now;
  return isCut ? 'its entry allows less time now' : undefined;
}
