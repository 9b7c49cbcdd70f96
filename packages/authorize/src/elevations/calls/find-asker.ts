import { isLogin, type Check, type Elevation, type ElevationPerson } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { allowedAfterLogin, evaluatePolicy, type CompiledPolicy, type LoginDemand } from '@sallyport/policy';
import { createCallerViews, type CallerView } from '../../caller/caller-view.ts';
import { decide, inputOf } from '../../caller/decide.ts';
import { type CallerDeps, requireCallerSession } from '../../caller/find-caller-session.ts';
import { tighten } from '../../elevation-states/tighten.ts';
import { awaitsReview } from '../../elevation-states/times.ts';
import { onlySet } from '../../policies/elevation-rules.ts';
import type { PolicySnapshot } from '../../policies/policy-set.ts';
import { elevationInput } from '../grants/elevate-caller.ts';
import type { KnownPeople } from '../keeper/known-people.ts';

/** Who makes a call about elevations, with the policies in force at that moment. */
export type Asker = {
  /** The caller without their elevations. */
  caller: CallerView;
  person: ElevationPerson;
  snapshot: PolicySnapshot;
  now: number;
  /** Whether `api.policy.elevations` lets them act on the elevations of others. It does not let them approve. */
  privileged: boolean;
  /** Evaluates a policy about who may ask or approve, for a place. */
  meets(policies: readonly CompiledPolicy[], place: Pick<Elevation, 'cluster' | 'namespace'>): boolean;
  relationTo(elevation: Elevation): Relation;
};

export type AskerDeps = CallerDeps & { people: Pick<KnownPeople, 'personOf'> };

type Asking = Pick<Check, 'credential' | 'request'>;

function createAsker(
  caller: CallerView,
  person: ElevationPerson,
  request: Check['request'],
  { snapshot, now }: { snapshot: PolicySnapshot; now: number },
): Asker {
  const moment = { now, onCall: snapshot.onCall };
  const meets: Asker['meets'] = (policies, place) =>
    evaluatePolicy(policies, elevationInput(caller, request, place, moment)).effect === 'allow';
  const check: Check = { credential: { kind: 'none' }, target: { kind: 'api', area: 'elevations' }, request };
  const privileged =
    decide(snapshot.api.get('elevations') ?? [], inputOf(check, caller, undefined, moment), snapshot.version).effect ===
    'allow';
  return {
    caller,
    person,
    snapshot,
    now,
    privileged,
    meets,
    relationTo(elevation) {
      const { issuer, subject } = elevation.requester;
      const mine = issuer === person.issuer && subject === person.subject;
      const rules = snapshot.elevations.get(elevation.name);
      const { approverSets = [], reviewers = [] } = rules ?? {};
      const afterLogin = (policies: readonly CompiledPolicy[]) =>
        policies.length === 0
          ? undefined
          : allowedAfterLogin(policies, elevationInput(caller, request, elevation, moment));
      const own = approverSets.filter(({ policies }) => meets(policies, elevation)).map(({ name }) => name);
      const approves = own.length > 0;
      const demanded = tighten(elevation, rules?.terms).approverSets?.map(({ name }) => name) ?? [onlySet];
      const sets = own.filter((name) => demanded.includes(name));
      const freshLogin =
        mine || approves ? undefined : approverSets.map(({ policies }) => afterLogin(policies)).find(Boolean);
      if (!elevation.review)
        return { mine, approves, sets, privileged, reviews: false, ...(freshLogin ? { freshLogin } : {}) };
      // If its entry names no reviewer any more, it must still be possible to review it.
      const reviews = reviewers.length > 0 ? meets(reviewers, elevation) : privileged;
      const reviewLogin = mine || reviews ? undefined : afterLogin(reviewers);
      return {
        mine,
        approves,
        sets,
        privileged,
        reviews,
        ...(freshLogin ? { freshLogin } : {}),
        ...(reviewLogin ? { reviewLogin } : {}),
      };
    },
  };
}

/**
 * Finds the person who makes a call. Rejects with `unauthenticated`, `sessions-unavailable`, or `forbidden` for a
 * program.
 */
export async function findCaller(
  { credential }: Pick<Check, 'credential'>,
  deps: Omit<CallerDeps, 'policies'>,
): Promise<{ caller: CallerView; now: number }> {
  const { session, now } = await requireCallerSession({ credential }, deps);
  if (!isLogin(session))
    throw new ProblemError(
      'forbidden',
      `Only a person who has logged in can use elevations, and this credential is of the kind "${session.kind}". Run "sallyport login".`,
    );
  return { caller: createCallerViews({ max: 1 }).of(session), now };
}

/** Finds who makes a call about elevations. Rejects as `findCaller` does. */
export async function findAsker({ credential, request }: Asking, deps: AskerDeps): Promise<Asker> {
  const { caller, now } = await findCaller({ credential }, deps);
  const person = deps.people.personOf(caller.source.identity);
  return createAsker(caller, person, request, { snapshot: deps.policies.current(), now });
}

/**
 * What a caller is to an elevation. `freshLogin` and `reviewLogin`: they would be an approver or a reviewer after another
 * login. Until then they see it, and can do nothing with it.
 */
export type Relation = {
  mine: boolean;
  /** They may deny it, and end it. */
  approves: boolean;
  /** The sets of approvers for which they can approve it. */
  sets: readonly string[];
  privileged: boolean;
  reviews: boolean;
  freshLogin?: LoginDemand;
  reviewLogin?: LoginDemand;
};

/** Reports whether the caller may see an elevation. */
export const isVisible = ({ mine, approves, privileged, reviews, freshLogin, reviewLogin }: Relation): boolean =>
  mine || approves || privileged || reviews || freshLogin !== undefined || reviewLogin !== undefined;

/** Reports whether the caller may end an elevation that is approved. Who answers for its review may stop what they see. */
export const mayRevoke = ({ mine, approves, privileged, reviews }: Relation): boolean =>
  mine || approves || privileged || reviews;

/** Reports whether the caller is one of those whose review an elevation waits for, perhaps after another login. */
export function isToReview(elevation: Elevation, { mine, reviews, reviewLogin }: Relation): boolean {
  return (reviews || reviewLogin !== undefined) && !mine && elevation.state !== 'approved' && awaitsReview(elevation);
}
