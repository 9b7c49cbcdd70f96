import { ruleLabel } from '@sallyport/contracts';
import type { PolicyResult } from '../evaluate/evaluate-policy.ts';
import { explainPolicy, isPartTrue, type PolicyTrace } from '../evaluate/explain-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import type { Expectation, PolicyCase } from './read-cases.ts';

/** Returns the reasons that decided, out of the two lists of the engine. A gateway records these with its decision. */
export function decidingReasons({
  effect,
  allow,
  deny,
}: Pick<PolicyResult, 'effect' | 'allow' | 'deny'>): readonly string[] {
  if (effect === 'allow') return allow.reasons;
  if (effect === 'authenticate') return allow.reasons.includes('user-unauthenticated') ? allow.reasons : deny.reasons;
  return deny.value || allow.value ? deny.reasons : allow.reasons;
}

/** A difference between the expectation and the result. */
type Difference = { what: 'effect' | 'rule' | 'reasons'; expected: string; got: string };
export type CaseResult = {
  name: string;
  line: number;
  passed: boolean;
  expected: Expectation;
  got: { effect: string; rule: string; ruleName?: string | undefined; reasons: readonly string[] };
  differences: Difference[];
  /** For a failed case: why its alternatives hold or do not, one per line. */
  because: string[];
};

/** Returns the policies that apply to a case; undefined if the configuration does not contain its cluster or route. */
export type SelectPolicies = (input: PolicyInput) => readonly CompiledPolicy[] | undefined;

const words = (reasons: readonly string[]) => (reasons.length === 0 ? 'none' : reasons.toSorted().join(', '));

function compare(expected: Expectation, got: CaseResult['got']): Difference[] {
  const differences: Difference[] = [];
  if (expected.effect !== got.effect) differences.push({ what: 'effect', expected: expected.effect, got: got.effect });
  if (expected.rule !== undefined && expected.rule !== got.rule && expected.rule !== got.ruleName)
    differences.push({ what: 'rule', expected: expected.rule, got: ruleLabel(got) });
  if (expected.reasons !== undefined && words(expected.reasons) !== words(got.reasons))
    differences.push({ what: 'reasons', expected: words(expected.reasons), got: words(got.reasons) });
  return differences;
}

/** Names the target of a request. */
const targetOf = ({ kubernetes, request }: PolicyInput) =>
  kubernetes === undefined && request?.host !== undefined
    ? `route ${JSON.stringify(request.host)}`
    : `cluster ${JSON.stringify(kubernetes?.cluster ?? '')}`;

/** Explains which alternatives hold, and which criteria decide that. */
function explain({ alternatives, evaluatedAs }: PolicyTrace): string[] {
  const lines = alternatives.map((alternative) => {
    const { holds, criteria } = alternative;
    const telling = criteria.filter((criterion) => isPartTrue(alternative, criterion) === holds);
    const parts = telling.map(
      ({ name, holds: itself, open, reason }) =>
        `${name} ${open === true ? 'is open' : itself ? 'holds' : 'does not hold'} (${reason})`,
    );
    return `${ruleLabel(alternative)} ${holds ? 'holds' : 'does not hold'}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`;
  });
  return evaluatedAs === undefined ? lines : [`it is also evaluated as ${evaluatedAs}, and refused as that`, ...lines];
}

/** Runs the cases of one file, each against the policies that apply to it. */
export function runCases(
  cases: readonly PolicyCase[],
  select: SelectPolicies,
  options: { now: number; loginFirst: boolean },
): CaseResult[] {
  return cases.map(({ name, line, input, expect }) => {
    const policies = select(input);
    // A gateway refuses a user who is not logged in before it evaluates the policies of a cluster.
    const anonymous = options.loginFirst && input.session == null;
    const trace = explainPolicy(anonymous ? [] : (policies ?? []), { now: options.now, ...input });
    const got = anonymous
      ? { effect: 'authenticate', rule: trace.rule, reasons: ['user-unauthenticated'] }
      : { effect: trace.effect, rule: trace.rule, ruleName: trace.ruleName, reasons: decidingReasons(trace) };
    const differences = compare(expect, got);
    const because = anonymous
      ? ['the user is not logged in']
      : policies === undefined
        ? [`the configuration does not contain the ${targetOf(input)}`]
        : explain(trace);
    return {
      name,
      line,
      passed: differences.length === 0,
      expected: expect,
      got,
      differences,
      because: differences.length === 0 ? [] : because,
    };
  });
}
