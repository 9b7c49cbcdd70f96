import type { Check, Decision } from '@sallyport/contracts';
import {
  evaluatePolicy,
  type CompiledPolicy,
  type KubernetesInput,
  type OnCallInput,
  type PolicyInput,
  type PolicyResult,
} from '@sallyport/policy';
import type { CallerView } from './caller-view.ts';

/** Returns the deciding reasons, from the two lists of the engine. */
function decidingReasons({ effect, allow, deny }: PolicyResult): readonly string[] {
  if (effect === 'allow') return allow.reasons;
  if (effect === 'authenticate') return allow.reasons.includes('user-unauthenticated') ? allow.reasons : deny.reasons;
  return deny.value || allow.value ? deny.reasons : allow.reasons;
}

/** What a decision depends on besides the request: the time, and who is on call then. */
export type Moment = { readonly now: number; readonly onCall?: OnCallInput | undefined };

/** Returns the input of the policies for a check: the caller, the request and its Kubernetes attributes. */
export function inputOf(
  check: Check,
  { user, session, elevations }: Pick<CallerView, 'user' | 'session' | 'elevations'>,
  kubernetes: KubernetesInput | undefined,
  { now, onCall }: Moment,
): PolicyInput {
  return { user, session, request: check.request, kubernetes, elevations, onCall, now };
}

/** A decision, and what the rule that refused says to the person, if it says something. */
type Decided = { readonly decision: Decision; readonly ruleMessage: string | undefined };

/** Returns the decision of these policies, with their version, and what the person may read of the rule anyway. */
export function decideWithMessage(policies: readonly CompiledPolicy[], input: PolicyInput, version: string): Decided {
  const result = evaluatePolicy(policies, input);
  const decision: Decision = {
    effect: result.effect,
    rule: result.rule,
    reasons: decidingReasons(result) as string[],
    policyVersion: version,
  };
  if (result.ruleName !== undefined) decision.ruleName = result.ruleName;
  if (result.evaluatedAs !== undefined) decision.evaluatedAs = result.evaluatedAs;
  return { decision, ruleMessage: result.ruleMessage };
}

/** Returns the decision of these policies, with their version. */
export function decide(policies: readonly CompiledPolicy[], input: PolicyInput, version: string): Decision {
  return decideWithMessage(policies, input, version).decision;
}
