import { createExpiringCache } from '@sallyport/kit';
import type { Check, Elevation } from '@sallyport/contracts';
import { evaluatePolicy } from '@sallyport/policy';
import type { CallerView } from '../../caller/caller-view.ts';
import { wouldCount } from '../../elevation-states/approvals.ts';
import { tighten } from '../../elevation-states/tighten.ts';
import { onlySet } from '../../policies/elevation-rules.ts';
import type { PolicySnapshot } from '../../policies/policy-set.ts';
import type { HeldElevations } from '../keeper/held-elevations.ts';
import { canBeElevated, elevationInput } from './elevate-caller.ts';

/** For how long a count is told to a session, in milliseconds: it only reminds people. */
const lifetimeMs = 10_000;
const maxSessions = 10_000;
/** How many open requests are looked at. */
const maxLooked = 50;

/** Counts the elevations of others that wait for the approval of the caller. */
export type CountApprovals = (
  caller: CallerView,
  check: Check,
  snapshot: PolicySnapshot,
  now: number,
) => number | undefined;

function waitsFor(caller: CallerView, check: Check, elevation: Elevation, snapshot: PolicySnapshot, now: number) {
  const { requester } = elevation;
  const { issuer, subject } = caller.source.identity;
  const rules = snapshot.elevations.get(elevation.name);
  if (!rules || (requester.issuer === issuer && requester.subject === subject)) return false;
  const tightened = tighten(elevation, rules.terms);
  const demanded = tightened.approverSets?.map(({ name }) => name) ?? [onlySet];
  const input = elevationInput(caller, check.request, elevation, { now, onCall: snapshot.onCall });
  const sets = rules.approverSets
    .filter(({ name, policies }) => demanded.includes(name) && evaluatePolicy(policies, input).effect === 'allow')
    .map(({ name }) => name);
  return sets.length > 0 && wouldCount(tightened, sets);
}

/**
 * Creates the count. It costs next to nothing while no elevation waits, and one evaluation of the policies of approvers
 * in ten seconds for each session while one does.
 */
export function createCountApprovals({
  held,
  clock = () => performance.now(),
}: {
  held: Pick<HeldElevations, 'waiting'>;
  /** Milliseconds of the monotonic clock. */
  clock?: () => number;
}): CountApprovals {
  const counts = createExpiringCache<{ count: number }>({ max: maxSessions, clock });
  return (caller, check, snapshot, now) => {
    if (!canBeElevated(check, caller.source)) return undefined;
    const pending = held.waiting().filter(({ state, pendingUntil }) => state === 'pending' && pendingUntil > now);
    if (pending.length === 0) return undefined;
    const { id } = caller.source;
    let found = counts.get(id);
    if (found === undefined) {
      const those = pending.slice(0, maxLooked).filter((one) => waitsFor(caller, check, one, snapshot, now));
      found = { count: those.length };
      counts.set(id, found, lifetimeMs);
    }
    return found.count === 0 ? undefined : found.count;
  };
}
