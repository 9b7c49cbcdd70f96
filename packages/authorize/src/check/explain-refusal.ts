import {
  explainPolicy,
  isPartTrue,
  type AlternativeTrace,
  type CompiledPolicy,
  type CriterionTrace,
  type PolicyInput,
} from '@sallyport/policy';

/**
 * Beyond so many alternatives nothing is explained: it takes far longer than the decision, and anybody may be refused
 * as often as they like.
 */
const mostAlternatives = 500;
const mostShown = 3;
const longestData = 120;

function inWords({ name, data }: CriterionTrace): string {
  const text = (JSON.stringify(data) ?? '').replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
  return `${name}: ${text.length > longestData ? `${text.slice(0, longestData)}...` : text}`;
}

/** What of an alternative would have to be otherwise. */
function unmet(alternative: AlternativeTrace): string {
  const { operator, criteria } = alternative;
  const inverted = operator === 'not' || operator === 'nor';
  const words = criteria
    .filter((one) => !isPartTrue(alternative, one))
    .slice(0, mostShown)
    .map(inWords);
  const joined = words.join(operator === 'and' || operator === 'not' ? ' and ' : ' or ');
  return inverted ? `without ${joined}` : `with ${joined}`;
}

function distance(alternative: AlternativeTrace): number {
  if (alternative.operator === 'or' || alternative.operator === 'nor') return 1;
  return alternative.criteria.filter((one) => !isPartTrue(alternative, one)).length;
}

/**
 * Says what would have been allowed, or what was denied, with the policy's own data: only for clusters whose
 * configuration says that callers may know. Undefined if there is nothing to say, or too much.
 */
export function explainRefusal(policies: readonly CompiledPolicy[], input: PolicyInput): string | undefined {
  if (policies.reduce((sum, { allow, deny }) => sum + allow.length + deny.length, 0) > mostAlternatives)
    return undefined;
  const { alternatives } = explainPolicy(policies, input);
  const denied = alternatives.find(({ action, holds }) => action === 'deny' && holds);
  if (denied) {
    const inverted = denied.operator === 'not' || denied.operator === 'nor';
    const words = denied.criteria
      .filter((one) => isPartTrue(denied, one))
      .slice(0, mostShown)
      .map(inWords);
    return `rule "${denied.rule}" denies it ${inverted ? 'without' : 'for'} ${words.join(', ')}`;
  }
  const nearest = alternatives
    .filter(({ action }) => action === 'allow')
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, mostShown);
  return nearest.length === 0
    ? undefined
    : `it would be allowed by ${nearest.map((alternative) => `rule "${alternative.rule}" ${unmet(alternative)}`).join('; ')}`;
}
