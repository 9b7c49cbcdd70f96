import type { Elevation } from '@sallyport/contracts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { describeCandidate } from './describe-candidate.ts';
import { findCandidates, type RefusedRequest } from './find-candidates.ts';

/** Says how to ask for the smallest elevation with which the policy would allow a request that it has refused. */
export function suggestElevation(
  refused: RefusedRequest,
  snapshot: PolicySnapshot,
  waiting: () => readonly Elevation[],
  now: number,
): string | undefined {
  const [smallest] = findCandidates(refused, snapshot, now);
  return smallest && describeCandidate(smallest, waiting(), now);
}
