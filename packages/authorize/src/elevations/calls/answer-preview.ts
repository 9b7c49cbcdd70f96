import {
  elevationGroups,
  elevationPreviewCallSchema,
  type ApproverSet,
  type ElevationPlan,
} from '@sallyport/contracts';
import { createTimeSlicer, ProblemError } from '@sallyport/kit';
import { evaluatePolicy, namespaceOf } from '@sallyport/policy';
import { inputOf } from '../../caller/decide.ts';
import { parseBody } from '../../http/parse-body.ts';
import { withHeldElevations } from '../grants/elevate-caller.ts';
import { withElevation } from '../grants/find-candidates.ts';
import { type HeldElevations, refreshElevations } from '../keeper/held-elevations.ts';
import { findAsker, type AskerDeps } from './find-asker.ts';
import { findRequestable } from './request-terms.ts';

const sliceMs = 5;

/** What those who ask may know of a set of approvers. */
function viewSet({ name, approvals, by }: ApproverSet) {
  const groups = elevationGroups(by);
  return { name, approvals, groups };
}

/**
 * Creates the handler of `POST /v1/elevation-preview`: what an elevation would change for the caller, without asking for
 * it. An entry that the caller may not ask for gets the same answer as one that does not exist.
 */
export function createAnswerPreview(
  deps: AskerDeps & { held: HeldElevations },
): (text: string) => Promise<ElevationPlan> {
  return async (text) => {
    const { check, asked, requests } = parseBody(elevationPreviewCallSchema, text);
    const [asker] = await Promise.all([findAsker(check, deps), refreshElevations(deps)]);
    const { entry } = findRequestable(asked, asker);
    const { snapshot, now } = asker;
    const cluster = snapshot.clusters.get(asked.cluster)!;
    const there = { ...check, target: { kind: 'cluster', name: cluster.name } as const };
    const caller = withHeldElevations(asker.caller, there, snapshot, { held: deps.held, now });
    const appearance = caller.appearance(cluster.impersonate);
    if (appearance.refusal !== undefined)
      throw new ProblemError('forbidden', `Your user name ${appearance.refusal}, so no elevation can be used there.`);
    const impersonation = JSON.parse(appearance.json) as ElevationPlan['impersonation'];
    const passing = entry.groups.filter((group) => cluster.impersonate.mayPassGroup(group));
    const slicer = createTimeSlicer(sliceMs);
    const allowed: boolean[] = [];
    for (const { method, kubernetes } of requests) {
      await slicer.turn();
      const one = { ...there, request: { ...check.request, method, path: kubernetes.path }, kubernetes };
      const input = inputOf(one, caller, { ...kubernetes, cluster: cluster.name }, { now, onCall: snapshot.onCall });
      const policies = cluster.policiesFor(namespaceOf(kubernetes));
      allowed.push(evaluatePolicy(policies, withElevation(input, entry.name, passing)).effect === 'allow');
    }
    // What else a policy says is not for the eyes of those who ask.
    const approverGroups = elevationGroups(entry.approvers);
    return {
      ...asked,
      groups: passing.filter((group) => !impersonation.groups.includes(group)),
      maxDurationMs: entry.maxDuration,
      approvalsNeeded: entry.approvals,
      approverGroups,
      ...(entry.approverSets == null ? {} : { approverSets: entry.approverSets.map(viewSet) }),
      impersonation,
      allowed,
    };
  };
}
