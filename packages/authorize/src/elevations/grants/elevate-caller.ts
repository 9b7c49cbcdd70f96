import { isLogin, type Check, type LoginKind, type Session, type Elevation } from '@sallyport/contracts';
import { evaluatePolicy, namespaceOf, type PolicyInput } from '@sallyport/policy';
import {
  applicationOf,
  type CallerView,
  type Grant,
  createCallerViews,
  type CallerViews,
} from '../../caller/caller-view.ts';
import type { Moment } from '../../caller/decide.ts';
import { latestEnd } from '../../elevation-states/tighten.ts';
import { isActive, isBreakGlass } from '../../elevation-states/times.ts';
import type { PolicySnapshot } from '../../policies/policy-set.ts';
import { endReason, notConfigured, type LostElevation } from '../keeper/end-reasons.ts';
import type { HeldElevations } from '../keeper/held-elevations.ts';

/**
 * Reports whether an elevation can give anything to a request. It belongs to a person: sessions of other kinds never have
 * one, nor do applications that act for a person. All of them are for clusters.
 */
export function canBeElevated(
  check: Pick<Check, 'credential' | 'target'>,
  session: Session,
): session is Session & { kind: LoginKind } {
  return isLogin(session) && check.target.kind === 'cluster' && applicationOf(check) === undefined;
}

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

type FoundGrants = { grants: readonly Grant[]; lost: readonly LostElevation[] };
const none: FoundGrants = { grants: [], lost: [] };

/**
 * What the elevations of a caller give to a request. The groups are those that were frozen and are still configured.
 * `lost` are those that must end: their entry is gone or allows less time, or their holder may no longer ask for them.
 */
function findGrants(
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

/** Returns the caller with what their elevations give to this request; undefined if that is nothing. */
export type ElevateCaller = (
  caller: CallerView,
  check: Check,
  snapshot: PolicySnapshot,
  now: number,
) => CallerView | undefined;

/**
 * Creates the function that gives callers their elevations. A caller without any costs one look-up in a map. `lose` is
 * told of those that must end.
 */
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
