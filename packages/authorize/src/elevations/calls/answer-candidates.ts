import { elevationCandidatesRequestSchema, type ElevationCandidates } from '@sallyport/contracts';
import { namespaceOf } from '@sallyport/policy';
import { decide, inputOf } from '../../caller/decide.ts';
import { parseBody } from '../../http/parse-body.ts';
import { canBeElevated, withHeldElevations } from '../grants/elevate-caller.ts';
import { describeCandidate, findCandidates } from '../grants/find-candidates.ts';
import { type HeldElevations, refreshElevations } from '../keeper/held-elevations.ts';
import { findCaller, type AskerDeps } from './find-asker.ts';

/** For each, the gateway asks the cluster whether it would help. */
const maxCandidates = 4;

/**
 * Creates the handler of `POST /v1/elevation-candidates`, for a request that the policy allows and the cluster has
 * refused. Names only what the caller may ask for, and what adds groups to those that they have there already.
 */
export function createAnswerCandidates(
  deps: AskerDeps & { held: HeldElevations },
): (text: string) => Promise<ElevationCandidates> {
  return async (text) => {
    const { check } = parseBody(elevationCandidatesRequestSchema, text);
    const { target } = check;
    const [{ caller: own, now }] = await Promise.all([findCaller(check, deps), refreshElevations(deps)]);
    const snapshot = deps.policies.current();
    const cluster = target.kind === 'cluster' ? snapshot.clusters.get(target.name) : undefined;
    if (!cluster || !canBeElevated(check, own.source)) return { candidates: [] };
    const caller = withHeldElevations(own, check, snapshot, { held: deps.held, now });
    const input = inputOf(
      check,
      caller,
      { ...check.kubernetes, cluster: cluster.name },
      { now, onCall: snapshot.onCall },
    );
    const policies = cluster.policiesFor(namespaceOf(check.kubernetes));
    if (decide(policies, input, snapshot.version).effect !== 'allow') return { candidates: [] };
    const waiting = deps.held.waitingOf(own.source.identity);
    const has = new Set(caller.user.groups);
    const candidates = findCandidates({ check, own, cluster, policies, input }, snapshot, now)
      .map((candidate) => ({ candidate, groups: candidate.groups.filter((group) => !has.has(group)) }))
      .filter(({ groups }) => groups.length > 0)
      .slice(0, maxCandidates)
      .map(({ candidate, groups }) => ({ groups, sentence: describeCandidate(candidate, waiting, now) }));
    return { candidates };
  };
}
