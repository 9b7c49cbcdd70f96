import { ruleLabel } from '@sallyport/contracts';
import {
  explainPolicy,
  isPartTrue,
  type AlternativeTrace,
  type CompiledPolicy,
  type CriterionTrace,
  type PolicyInput,
} from '@sallyport/policy';

/**
 * Beyond this number of alternatives nothing is explained. An explanation takes far longer than the decision, and a
 * caller can be refused as often as they like.
 */
const maxAlternatives = 500;
const maxShown = 3;
const maxDataLength = 120;

function describeCriterion({ name, data }: CriterionTrace): string {
  const text = (JSON.stringify(data) ?? '').replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
  return `${name}: ${text.length > maxDataLength ? `${text.slice(0, maxDataLength)}...` : text}`;
}

/** Describes what an alternative lacks. */
function unmet(alternative: AlternativeTrace): string {
  const { operator, criteria } = alternative;
  const inverted = operator === 'not' || operator === 'nor';
  const words = criteria
    .filter((one) => !isPartTrue(alternative, one))
    .slice(0, maxShown)
    .map(describeCriterion);
  const joined = words.join(operator === 'and' || operator === 'not' ? ' and ' : ' or ');
  return inverted ? `without ${joined}` : `with ${joined}`;
}

function distance(alternative: AlternativeTrace): number {
  if (alternative.operator === 'or' || alternative.operator === 'nor') return 1;
  return alternative.criteria.filter((one) => !isPartTrue(alternative, one)).length;
}

/**
 * Explains what would have been allowed, or what was denied, with the data of the policy. Only for clusters whose
 * configuration permits it. Returns undefined if there is nothing to explain, or too much.
 */
export function explainRefusal(policies: readonly CompiledPolicy[], input: PolicyInput): string | undefined {
  if (policies.reduce((sum, { allow, deny }) => sum + allow.length + deny.length, 0) > maxAlternatives)
    return undefined;
  const { alternatives } = explainPolicy(policies, input);
  const denied = alternatives.find(({ action, holds }) => action === 'deny' && holds);
  if (denied) {
    const inverted = denied.operator === 'not' || denied.operator === 'nor';
    const words = denied.criteria
      .filter((one) => isPartTrue(denied, one))
      .slice(0, maxShown)
      .map(describeCriterion);
    return `rule "${ruleLabel(denied)}" denies it ${inverted ? 'without' : 'for'} ${words.join(', ')}`;
  }
  const nearest = alternatives
    .filter(({ action }) => action === 'allow')
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, maxShown);
  return nearest.length === 0
    ? undefined
    : `it would be allowed by ${nearest.map((alternative) => `rule "${ruleLabel(alternative)}" ${unmet(alternative)}`).join('; ')}`;
}
