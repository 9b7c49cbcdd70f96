import {
  auditViewRequestSchema,
  type AuditView,
  type AuditViewRequest,
  type AuditViewResponse,
  type Decision,
  type Session,
} from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { dependsOnCluster } from '@sallyport/policy';
import { createCallerViews } from '../caller/caller-view.ts';
import { decide, inputOf } from '../caller/decide.ts';
import { type CallerDeps, requireCallerSession } from '../caller/find-caller-session.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';

/**
 * Evaluates `api.policy.audit` without a cluster, and for each cluster. If no rule depends on the cluster, one evaluation
 * is enough.
 */
function viewOf(
  asked: AuditViewRequest,
  session: Session,
  snapshot: PolicySnapshot,
  now: number,
): { view: AuditView; decision: Decision | undefined } {
  const policies = snapshot.api.get('audit') ?? [];
  const caller = createCallerViews({ max: 1 }).of(session);
  const check = { ...asked, target: { kind: 'api' as const, area: 'audit' as const } };
  let granted: Decision | undefined;
  const allows = (cluster: string | undefined): boolean => {
    const kubernetes = cluster === undefined ? undefined : { cluster };
    const decision = decide(
      policies,
      inputOf(check, caller, kubernetes, { now, onCall: snapshot.onCall }),
      snapshot.version,
    );
    if (decision.effect !== 'allow') return false;
    granted ??= decision;
    return true;
  };
  if (!policies.some(dependsOnCluster)) {
    const view: AuditView = allows(undefined) ? 'all' : { clusters: [], withoutCluster: false };
    return { view, decision: granted };
  }
  const { cluster } = asked;
  const view =
    cluster === undefined
      ? { withoutCluster: allows(undefined), clusters: [...snapshot.clusters.keys()].filter((name) => allows(name)) }
      : { withoutCluster: false, clusters: allows(cluster) ? [cluster] : [] };
  return { view, decision: granted };
}

/**
 * Creates the handler of `POST /v1/audit-view`: which events a caller may see. A cluster that the configuration does not
 * have counts only if it is asked for, so the events of a removed one are found by its name.
 */
export function createAnswerAuditView(deps: CallerDeps): (text: string) => Promise<AuditViewResponse> {
  return async (text) => {
    const { success, data } = auditViewRequestSchema.safeParse(parseJson(text));
    if (!success || data.credential.kind !== 'token')
      throw new ProblemError('bad-request', 'The request cannot be read, or has no credential.');
    const { session, now } = await requireCallerSession(data, deps);
    const { view, decision } = viewOf(data, session, deps.policies.current(), now);
    return { view, ...(decision ? { decision } : {}) };
  };
}
