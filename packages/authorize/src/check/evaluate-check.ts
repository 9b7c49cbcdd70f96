import type { Check, Decision } from '@sallyport/contracts';
import type { SessionLookup } from '@sallyport/stores';
import { defaultDeny, namespaceOf } from '@sallyport/policy';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import type { Answer } from './answer.ts';
import type { CallerView, CallerViews } from './caller-view.ts';
import { decide, inputOf } from './decide.ts';
import { sessionEndedDetail } from './session-ended-detail.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { EvaluateShadow } from './evaluate-shadow.ts';
import { refusalDetail } from './refusal-detail.ts';

/** Evaluates one check, given the session of its credential (undefined: there is no credential). */
export type EvaluateCheck = (check: Check, found: SessionLookup | undefined, snapshot: PolicySnapshot) => Answer;

function refuseAnonymous(detail: string, version: string): Answer {
  const decision: Decision = {
    effect: 'authenticate',
    rule: defaultDeny,
    reasons: ['user-unauthenticated'],
    policyVersion: version,
  };
  return { decision, problem: { code: 'unauthenticated', detail } };
}

function answerDecision(
  decision: Decision,
  check: Check,
  caller: CallerView,
  explain?: () => string | undefined,
): Answer {
  if (decision.effect === 'allow') return { decision, caller };
  if (decision.effect === 'authenticate')
    return { decision, caller, problem: { code: 'unauthenticated', detail: 'Log in again.' } };
  return {
    decision,
    caller,
    problem: { code: 'forbidden', detail: refusalDetail(check, decision, caller.user, explain?.(), caller.session) },
  };
}

function evaluateForCluster(
  check: Check,
  name: string,
  caller: CallerView,
  snapshot: PolicySnapshot,
  deps: { now: number; shadow: EvaluateShadow },
): Answer {
  const cluster = snapshot.clusters.get(name);
  if (!cluster) {
    const decision: Decision = { effect: 'deny', rule: defaultDeny, reasons: [], policyVersion: snapshot.version };
    return {
      decision,
      caller,
      problem: {
        code: 'not-found',
        detail: `There is no cluster ${JSON.stringify(name.slice(0, 63))} here. Run "sallyport clusters" to list yours.`,
      },
    };
  }
  const input = inputOf(check, caller, { ...check.kubernetes, cluster: name }, deps.now);
  const policies = cluster.policiesFor(namespaceOf(check.kubernetes));
  const decision = decide(policies, input, snapshot.version);
  const shadow = deps.shadow(cluster, input, decision.effect);
  if (shadow) decision.shadow = shadow;
  if (decision.effect !== 'allow')
    return answerDecision(decision, check, caller, cluster.explain ? () => explainRefusal(policies, input) : undefined);
  const appearance = caller.appearance(cluster.impersonate);
  if (appearance.refusal === undefined) return { decision, caller, appearance };
  const refused: Decision = { ...decision, effect: 'deny', rule: `cluster/${name}.impersonate`, reasons: [] };
  return {
    decision: refused,
    caller,
    problem: {
      code: 'forbidden',
      detail: `your user name ${appearance.refusal}, so it cannot be used on cluster "${name}" (rule "${refused.rule}")`,
    },
  };
}

/**
 * Creates the evaluation of checks. An unauthenticated caller gets the same answer for every request, so that it
 * reveals nothing.
 */
export function createEvaluateCheck(deps: {
  callers: CallerViews;
  now: () => number;
  shadow: EvaluateShadow;
}): EvaluateCheck {
  return (check, found, snapshot) => {
    const { version } = snapshot;
    if (found === undefined) return refuseAnonymous('Log in first.', version);
    if (found.state === 'revoked') return refuseAnonymous(sessionEndedDetail(found.tombstone.reason), version);
    const now = deps.now();
    // The store returns only live sessions. This check does not rely on its clock.
    if (found.state !== 'live' || !(found.session.expiresAt > now) || !found.session.identity.user)
      return refuseAnonymous('This login is unknown or has expired. Log in again.', version);
    const caller = deps.callers.of(found.session);
    const { target } = check;
    if (target.kind === 'cluster')
      return evaluateForCluster(check, target.name, caller, snapshot, { now, shadow: deps.shadow });
    if (target.kind === 'api')
      return answerDecision(
        decide(snapshot.api.get(target.area) ?? [], inputOf(check, caller, undefined, now), version),
        check,
        caller,
      );
    return { decision: { effect: 'allow', rule: 'self', reasons: ['user-ok'], policyVersion: version }, caller };
  };
}
