import type { Action } from '../language/actions.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { withVerb } from '../input/with-verb.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { extraVerbsOf } from '../input/extra-verbs.ts';
import { ReasonSet } from './reason-set.ts';
import { reasonId, type Reason } from '../language/reasons.ts';
import { isOpen, reasonIdOf } from '../language/verdict.ts';

export type Effect = 'allow' | 'deny' | 'authenticate';
export type ActionResult = { readonly value: boolean; readonly reasons: readonly Reason[] };
/** `judgedAs`: the verb under which the request was refused, where that is not its own. */
export type PolicyResult = {
  readonly effect: Effect;
  readonly rule: string;
  readonly allow: ActionResult;
  readonly deny: ActionResult;
  readonly judgedAs?: string;
};

/** The rule named when nothing matched. */
export const defaultDeny = 'default-deny';

const unauthenticated = reasonId('user-unauthenticated');
const deviceUnauthenticated = reasonId('device-unauthenticated');
const certificateRequired = reasonId('client-certificate-required');
const certificateInvalid = reasonId('invalid-client-certificate');

// Scratch sets, shared by all evaluations: evaluation is synchronous, and each use begins with clear().
const holding = new ReasonSet();
const failing = new ReasonSet();
const scratch = {
  allow: { held: new ReasonSet(), failed: new ReasonSet() },
  deny: { held: new ReasonSet(), failed: new ReasonSet() },
};

/**
 * Judges one operator block; its reasons are left in `holding` (of its true parts) and `failing` (of its false ones). A
 * part that is left open counts as true under deny and as false under allow, whether or not its block turns parts
 * round. That comes to the same as Kleene's logic with an open block held against the request: once parts are turned
 * round, no block gets less true by one that gets more so.
 */
function evaluateAlternative(alternative: Alternative, input: PolicyInput, openIsTrue: boolean): boolean {
  holding.clear();
  failing.clear();
  const { criteria, invert } = alternative;
  let held = 0;
  for (let index = 0; index < criteria.length; index += 1) {
    const verdict = criteria[index]!(input);
    const id = reasonIdOf(verdict);
    if (!(id > 0)) throw new Error('a criterion gave no verdict');
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
 * Judges all alternatives of one action; returns the name of the first that is true. All are judged, because all give
 * reasons.
 */
function evaluateAction(policies: readonly CompiledPolicy[], action: Action, input: PolicyInput): string | undefined {
  const { held, failed } = scratch[action];
  held.clear();
  failed.clear();
  let first: string | undefined;
  for (let p = 0; p < policies.length; p += 1) {
    const alternatives = policies[p]![action];
    for (let index = 0; index < alternatives.length; index += 1) {
      const alternative = alternatives[index]!;
      if (evaluateAlternative(alternative, input, action === 'deny')) {
        first ??= alternative.name;
        held.addAll(holding);
      } else {
        failed.addAll(failing);
      }
    }
  }
  return first;
}

/** Log-in-first stands between the refusals for a bad client certificate and everything else. */
function effectOf(allow: ReasonSet, deny: ReasonSet, allowed: boolean, denied: boolean): Effect {
  if (deny.has(certificateRequired) || deny.has(certificateInvalid)) return 'deny';
  if (allow.has(unauthenticated) || deny.has(unauthenticated)) return 'authenticate';
  if (allow.has(deviceUnauthenticated) || deny.has(deviceUnauthenticated)) return 'deny';
  return allowed && !denied ? 'allow' : 'deny';
}

function evaluateOnce(policies: readonly CompiledPolicy[], input: PolicyInput): PolicyResult {
  const allowRule = evaluateAction(policies, 'allow', input);
  const denyRule = evaluateAction(policies, 'deny', input);
  const allowed = allowRule !== undefined;
  const denied = denyRule !== undefined;
  const allowReasons = allowed ? scratch.allow.held : scratch.allow.failed;
  const denyReasons = denied ? scratch.deny.held : scratch.deny.failed;
  const effect = effectOf(allowReasons, denyReasons, allowed, denied);
  const rule = denyRule ?? (effect === 'deny' ? defaultDeny : (allowRule ?? defaultDeny));
  return {
    effect,
    rule,
    allow: { value: allowed, reasons: allowReasons.list() },
    deny: { value: denied, reasons: denyReasons.list() },
  };
}

/** What forbids a request under a verb that it needs no right to; undefined if nothing does. */
function evaluateDenials(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  { allow }: PolicyResult,
): PolicyResult | undefined {
  const rule = evaluateAction(policies, 'deny', input);
  return rule === undefined
    ? undefined
    : { effect: 'deny', rule, allow, deny: { value: true, reasons: scratch.deny.held.list() } };
}

/**
 * Evaluates the policies of every scope that the request falls under, as if they were one. A request that is as good as
 * another verb must pass under that one too. Throws only if a criterion has a bug: refuse then.
 */
export function evaluatePolicy(policies: readonly CompiledPolicy[], input: PolicyInput): PolicyResult {
  const own = evaluateOnce(policies, input);
  if (own.effect !== 'allow') return own;
  const readings = extraVerbsOf(input.kubernetes);
  for (let index = 0; index < readings.length; index += 1) {
    const { verb, denyOnly } = readings[index]!;
    const read = withVerb(input, verb);
    const result = denyOnly ? evaluateDenials(policies, read, own) : evaluateOnce(policies, read);
    if (result !== undefined && result.effect !== 'allow') return { ...result, judgedAs: verb };
  }
  return own;
}
