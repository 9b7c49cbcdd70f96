import type { Check, Elevation } from '@sallyport/contracts';
import { isActive, isBreakGlass, latestEnd } from '@sallyport/elevation';
import { evaluatePolicy, namespaceOf, type PolicyInput } from '@sallyport/policy';
import type { CallerView, Grant } from '../check/caller-view.ts';
import type { Moment } from '../check/decide.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { canBeElevated } from './can-be-elevated.ts';
import { endReason, notConfigured } from './end-reason.ts';

/** Reports whether the request is surely within the namespace of an elevation, or whether it is for the whole cluster. */
function isThere({ namespace }: Elevation, { kubernetes }: Check): boolean {
  if (namespace === undefined) return true;
  return kubernetes?.namespace === namespace && namespaceOf(kubernetes) === namespace;
}

/** Returns the input for the policies about who may ask for or approve an elevation at a place. */
export function elevationInput(
  caller: Pick<CallerView, 'user' | 'session'>,
  request: Check['request'],
  { cluster, namespace }: Pick<Elevation, 'cluster' | 'namespace'>,
  { now, onCall }: Moment,
): PolicyInput {
  const kubernetes = { cluster, ...(namespace === undefined ? {} : { namespace }) };
  return { user: caller.user, session: caller.session, request, kubernetes, onCall, now };
}

/** An elevation that gives nothing any more, and why. */
export type LostElevation = { elevation: Elevation; why: string };
export type FoundGrants = { grants: readonly Grant[]; lost: readonly LostElevation[] };
const none: FoundGrants = { grants: [], lost: [] };

/**
 * Returns what the elevations of a caller give to a request. The groups are those that were frozen and are still
 * configured. `lost` are those that must end: their entry is gone or allows less time, or their holder may no longer ask for
 * them.
 */
export function findGrants(
  held: readonly Elevation[],
  check: Check,
  caller: CallerView,
  snapshot: PolicySnapshot,
  now: number,
): FoundGrants {
  if (check.target.kind !== 'cluster' || !canBeElevated(check, caller.source)) return none;
  const { name: cluster } = check.target;
  const grants: Grant[] = [];
  const lost: LostElevation[] = [];
  for (const elevation of held) {
    if (elevation.cluster !== cluster || !isActive(elevation, now) || !isThere(elevation, check)) continue;
    const rules = snapshot.elevations.get(elevation.name);
    const why = endReason(elevation, rules, now);
    if (!rules || why !== undefined) {
      lost.push({ elevation, why: why ?? notConfigured });
      continue;
    }
    const input = elevationInput(caller, check.request, elevation, { now, onCall: snapshot.onCall });
    const { effect, allow, deny } = evaluatePolicy(rules.requesters, input);
    if (effect !== 'allow') {
      // While it is not known who is on call, it gives nothing. That is no reason to end it for good.
      if (!allow.reasons.includes('on-call-open') && !deny.reasons.includes('on-call-open'))
        lost.push({ elevation, why: 'its holder may no longer have it' });
      continue;
    }
    const { id, name, ticket, approvals } = elevation;
    const groups = elevation.groups.filter((group) => rules.groups.has(group));
    const expiresAt = latestEnd(elevation, rules.terms.maxDurationMs);
    const approvers = approvals.map(({ by }) => by.user);
    const breakGlass = isBreakGlass(elevation) || undefined;
    grants.push({ id, name, groups, expiresAt, ticket, approvers, breakGlass });
  }
  return { grants, lost };
}
