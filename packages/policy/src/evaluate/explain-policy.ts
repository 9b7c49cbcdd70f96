import { findCriterion, isOfPerson } from '../criteria/find-criterion.ts';
import { withVerb } from '../input/extra-verbs.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { actions, type Action, type Operator } from '../language/criterion.ts';
import { reasons, type Reason } from '../language/reasons.ts';
import { isOpen, reasonIdOf } from '../language/verdict.ts';
import { evaluatePolicy, type PolicyResult, asksToActAs, mayActAs } from './evaluate-policy.ts';

/**
 * One criterion in an explanation: as written, whether it holds itself (before `not` or `nor` invert it), and what was
 * compared.
 */
export type CriterionTrace = {
  /** The criterion's key as written, for example `claim/department`. */
  readonly name: string;
  readonly data: unknown;
  readonly holds: boolean;
  /** True if it is neither true nor false; `holds` is false then. It makes a deny hold and an allow fail. */
  readonly open?: true;
  /** True if the block does not name the criterion. Without it, no rule allows a request that asks to act as another. */
  readonly unnamed?: true;
  readonly reason: Reason;
  /** The caller's or the request's own value; undefined if there is none. */
  readonly value?: unknown;
};

export type AlternativeTrace = {
  /** `<scope>[<index>].<action>.<operator>` */
  readonly rule: string;
  readonly ruleName?: string | undefined;
  readonly action: Action;
  readonly operator: Operator;
  /** Whether the block is true. An open block is true under deny, and false under allow. */
  readonly holds: boolean;
  readonly criteria: readonly CriterionTrace[];
};

/**
 * A decision with all its alternatives, in the order in which they are evaluated, allow before deny, under the verb
 * that decided.
 */
export type PolicyTrace = PolicyResult & { readonly alternatives: readonly AlternativeTrace[] };

function operatorOf({ every, invert }: Alternative): Operator {
  if (invert) return every ? 'not' : 'nor';
  return every ? 'and' : 'or';
}

/**
 * Reports whether a criterion is true as a part of its block. An open one is true under deny, and false under allow.
 */
export function isPartTrue(
  { action, operator }: Pick<AlternativeTrace, 'action' | 'operator'>,
  { holds, open, unnamed }: Pick<CriterionTrace, 'holds' | 'open' | 'unnamed'>,
): boolean {
  if (unnamed === true) return false;
  return open === true ? action === 'deny' : holds === (operator === 'and' || operator === 'or');
}

/** An operator block as written. */
export type RuleOutline = Pick<Alternative, 'ruleName' | 'ruleMessage'> & {
  /** `<scope>[<index>].<action>.<operator>` */
  readonly rule: string;
  readonly action: Action;
  readonly operator: Operator;
  readonly criteria: readonly { readonly name: string; readonly data: unknown }[];
};

/** Lists the blocks of some policies, in the order in which they are evaluated, allow before deny. */
export const outlineRules = (policies: readonly CompiledPolicy[]): RuleOutline[] =>
  actions.flatMap((action) =>
    policies.flatMap((policy) =>
      policy[action].map((alternative) => ({
        rule: alternative.name,
        ruleName: alternative.ruleName,
        ruleMessage: alternative.ruleMessage,
        action,
        operator: operatorOf(alternative),
        criteria: alternative.labels.map((name, index) => ({ name, data: alternative.data[index] })),
      })),
    ),
  );

function explainCriterion(alternative: Alternative, index: number, input: PolicyInput): CriterionTrace {
  const verdict = alternative.criteria[index]!(input);
  const name = alternative.labels[index] ?? '';
  const { criterion, subpath } = findCriterion(name);
  const value = criterion?.value?.(input, subpath);
  const open: boolean = isOpen(verdict);
  return {
    name,
    data: alternative.data[index],
    holds: verdict > 0 && !open,
    ...(open ? { open: true } : {}),
    reason: reasons[reasonIdOf(verdict) - 1]!,
    ...(value === undefined ? {} : { value }),
  };
}

const unnamedIn = ({ kubernetes }: PolicyInput): CriterionTrace => ({
  name: 'k8s/impersonate',
  data: undefined,
  holds: false,
  unnamed: true,
  reason: 'k8s-impersonate-unauthorized',
  value: kubernetes?.impersonate,
});

function explainAlternative(alternative: Alternative, action: Action, input: PolicyInput): AlternativeTrace {
  const criteria = alternative.criteria.map((_evaluate, index) => explainCriterion(alternative, index, input));
  const operator = operatorOf(alternative);
  const about = { rule: alternative.name, ruleName: alternative.ruleName, action, operator };
  if (action === 'allow' && asksToActAs(input) && !mayActAs(alternative))
    return { ...about, holds: false, criteria: [...criteria, unnamedIn(input)] };
  const holding = criteria.filter((one) => isPartTrue({ action, operator }, one)).length;
  const holds = alternative.every ? holding === criteria.length : holding > 0;
  return { ...about, holds, criteria };
}

/**
 * Yields the trace of one alternative after the other, so that the reader can pause in between. `verb` is the
 * `evaluatedAs` of the decision.
 */
export function* traceAlternatives(
  policies: readonly CompiledPolicy[],
  asked: PolicyInput,
  verb?: string,
): Generator<AlternativeTrace> {
  const input = verb === undefined ? asked : withVerb(asked, verb);
  for (const action of actions)
    for (const policy of policies)
      for (const alternative of policy[action]) yield explainAlternative(alternative, action, input);
}

/**
 * Evaluates like evaluatePolicy, and traces every alternative and criterion. For people, not for the hot path. It
 * contains the data of the policy.
 */
export function explainPolicy(policies: readonly CompiledPolicy[], input: PolicyInput): PolicyTrace {
  const result = evaluatePolicy(policies, input);
  return { ...result, alternatives: [...traceAlternatives(policies, input, result.evaluatedAs)] };
}

const needsEvery = ({ operator }: AlternativeTrace) => operator === 'and' || operator === 'not';

/**
 * Returns the part of a trace that is about the user who asks: alternatives that are true for them, and those that fail
 * only because of the request. An alternative that fails because of who they are is about other users. It is omitted,
 * because its existence alone reveals that others have such a right. If one part of an alternative is enough, only its
 * true parts are about the user.
 */
export function rulesAboutPerson(alternatives: readonly AlternativeTrace[]): AlternativeTrace[] {
  return alternatives.flatMap((alternative) => {
    const isTrue = (one: CriterionTrace) => isPartTrue(alternative, one);
    if (alternative.holds) return [{ ...alternative, criteria: alternative.criteria.filter(isTrue) }];
    const persons = alternative.criteria.filter(({ name }) => isOfPerson(name));
    const fails = needsEvery(alternative) ? persons.some((one) => !isTrue(one)) : persons.length > 0;
    return fails ? [] : [alternative];
  });
}
