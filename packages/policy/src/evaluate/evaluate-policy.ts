import { withVerb, extraVerbsOf } from '../input/extra-verbs.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { Alternative, CompiledPolicy, RuleWords } from '../language/compiled-policy.ts';
import type { Action } from '../language/criterion.ts';
import { reasonId, type Reason } from '../language/reasons.ts';
import { isOpen, reasonIdOf } from '../language/verdict.ts';
import { ReasonSet } from './reason-set.ts';

/** Reports whether a request asks to act as another. Even an empty list of names does. */
export function asksToActAs({ kubernetes }: PolicyInput): boolean {
  return kubernetes?.impersonate != null;
}

/**
 * Reports whether a block of allow can let someone act as another: an `and` block that names `k8s/impersonate`. A rule that
 * was written without a thought of it never does, whatever else it allows.
 */
export function mayActAs({ every, invert, labels }: Alternative): boolean {
  return every && !invert && labels.includes('k8s/impersonate');
}

export type Effect = 'allow' | 'deny' | 'authenticate';
export type ActionResult = { readonly value: boolean; readonly reasons: readonly Reason[] };
/**
 * `evaluatedAs`: the verb as which the request was refused, if it is not its own. `ruleMessage` is for the person who is
 * refused: that of the first deny rule that holds and has one.
 */
export type PolicyResult = RuleWords & {
  readonly effect: Effect;
  readonly rule: string;
  readonly allow: ActionResult;
  readonly deny: ActionResult;
  readonly evaluatedAs?: string;
};

/** The rule of a decision if no rule matched. */
export const defaultDeny = 'default-deny';

const unauthenticated = reasonId('user-unauthenticated');
const deviceUnauthenticated = reasonId('device-unauthenticated');
const notAsAnother = reasonId('k8s-impersonate-unauthorized');
const certificateRequired = reasonId('client-certificate-required');
const certificateInvalid = reasonId('invalid-client-certificate');

// Scratch sets, shared by all evaluations because evaluation is synchronous. Each use begins with clear().
const holding = new ReasonSet();
const failing = new ReasonSet();
const scratch = {
  allow: { held: new ReasonSet(), failed: new ReasonSet() },
  deny: { held: new ReasonSet(), failed: new ReasonSet() },
  message: undefined as string | undefined,
};

/**
 * Evaluates one operator block. Its reasons are left in `holding` (true parts) and `failing` (false parts). An open
 * part counts as true under deny and as false under allow, even if its block inverts parts. This equals Kleene's logic
 * with an open block counted against the request: after inversion, a block is monotone in its parts.
 */
function evaluateAlternative(alternative: Alternative, input: PolicyInput, openIsTrue: boolean): boolean {
  holding.clear();
  failing.clear();
  const { criteria, invert } = alternative;
  let held = 0;
  for (let index = 0; index < criteria.length; index += 1) {
    const verdict = criteria[index]!(input);
    const id = reasonIdOf(verdict);
    if (!(id > 0)) throw new Error('a criterion returned no verdict');
    if (isOpen(verdict) ? openIsTrue : verdict > 0 !== invert) {
      holding.add(id);
      held += 1;
    } else {
      failing.add(id);
    }
  }
  return alternative.every ? held === criteria.length : held > 0;
}

/**
 * Evaluates all alternatives of one action. Returns the first that is true. All are evaluated, because all have reasons.
 * The first message of those that are true is left in `scratch`.
 */
function evaluateAction(
  policies: readonly CompiledPolicy[],
  action: Action,
  input: PolicyInput,
): Alternative | undefined {
  const { held, failed } = scratch[action];
  held.clear();
  failed.clear();
  scratch.message = undefined;
  let first: Alternative | undefined;
  const asAnother = action === 'allow' && asksToActAs(input);
  for (let p = 0; p < policies.length; p += 1) {
    const alternatives = policies[p]![action];
    for (let index = 0; index < alternatives.length; index += 1) {
      const alternative = alternatives[index]!;
      if (asAnother && !mayActAs(alternative)) {
        evaluateAlternative(alternative, input, false);
        failed.addAll(failing);
        failed.add(notAsAnother);
      } else if (evaluateAlternative(alternative, input, action === 'deny')) {
        first ??= alternative;
        scratch.message ??= alternative.ruleMessage;
        held.addAll(holding);
      } else {
        failed.addAll(failing);
      }
    }
  }
  return first;
}

/** "Log in first" ranks below a refusal because of an invalid client certificate and above everything else. */
function effectOf(allow: ReasonSet, deny: ReasonSet, allowed: boolean, denied: boolean): Effect {
  if (deny.has(certificateRequired) || deny.has(certificateInvalid)) return 'deny';
  if (allow.has(unauthenticated) || deny.has(unauthenticated)) return 'authenticate';
  if (allow.has(deviceUnauthenticated) || deny.has(deviceUnauthenticated)) return 'deny';
  return allowed && !denied ? 'allow' : 'deny';
}

/**
 * Reports whether rules of one action hold for a request: denials under any verb that it amounts to, permissions under all
 * of them.
 */
export function actionHolds(policy: CompiledPolicy, action: Action, input: PolicyInput): boolean {
  const verbs = [input, ...extraVerbsOf(input.kubernetes).map(({ verb }) => withVerb(input, verb))];
  const holds = (one: PolicyInput) => evaluateAction([policy], action, one) !== undefined;
  return action === 'deny' ? verbs.some(holds) : verbs.every(holds);
}

function evaluateOnce(policies: readonly CompiledPolicy[], input: PolicyInput): PolicyResult {
  const allowRule = evaluateAction(policies, 'allow', input);
  const denyRule = evaluateAction(policies, 'deny', input);
  const allowed = allowRule !== undefined;
  const denied = denyRule !== undefined;
  const allowReasons = allowed ? scratch.allow.held : scratch.allow.failed;
  const denyReasons = denied ? scratch.deny.held : scratch.deny.failed;
  const effect = effectOf(allowReasons, denyReasons, allowed, denied);
  const decided = denyRule ?? (effect === 'deny' ? undefined : allowRule);
  return {
    effect,
    rule: decided?.name ?? defaultDeny,
    ruleName: decided?.ruleName,
    // The denials were evaluated last.
    ruleMessage: effect === 'deny' ? scratch.message : undefined,
    allow: { value: allowed, reasons: allowReasons.list() },
    deny: { value: denied, reasons: denyReasons.list() },
  };
}

/** What denies a request under a verb that need not be allowed; undefined if nothing does. */
function evaluateDenials(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  { allow }: PolicyResult,
): PolicyResult | undefined {
  const rule = evaluateAction(policies, 'deny', input);
  return (
    rule && {
      effect: 'deny',
      rule: rule.name,
      ruleName: rule.ruleName,
      ruleMessage: scratch.message,
      allow,
      deny: { value: true, reasons: scratch.deny.held.list() },
    }
  );
}

/**
 * Evaluates the policies of every scope of the request, as if they were one. A request that amounts to another verb
 * must also pass as that verb. Throws only if a criterion has a bug; the caller must refuse then.
 */
export function evaluatePolicy(policies: readonly CompiledPolicy[], input: PolicyInput): PolicyResult {
  const own = evaluateOnce(policies, input);
  if (own.effect !== 'allow') return own;
  const extraVerbs = extraVerbsOf(input.kubernetes);
  for (let index = 0; index < extraVerbs.length; index += 1) {
    const { verb, denyOnly } = extraVerbs[index]!;
    const renamed = withVerb(input, verb);
    const result = denyOnly ? evaluateDenials(policies, renamed, own) : evaluateOnce(policies, renamed);
    if (result !== undefined && result.effect !== 'allow') return { ...result, evaluatedAs: verb };
  }
  return own;
}
