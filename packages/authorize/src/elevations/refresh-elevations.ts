import { withDeadline } from '@sallyport/kit';
import { sessionsUnavailable } from '../check/sessions-unavailable.ts';
import type { PolicySet } from '../policies/policy-set.ts';
import type { HeldElevations } from './held-elevations.ts';

/**
 * Makes sure that the elevations in memory are current. Undefined, and no wait, if the configuration has none. Rejects
 * with `sessions-unavailable`.
 */
export function refreshElevations(deps: {
  held?: Pick<HeldElevations, 'refresh'> | undefined;
  policies: Pick<PolicySet, 'current'>;
  storeTimeoutMs: number;
}): Promise<void> | undefined {
  const { held, policies, storeTimeoutMs } = deps;
  if (!held || policies.current().elevations.size === 0) return undefined;
  return withDeadline(held.refresh(), storeTimeoutMs, sessionsUnavailable);
}
