import { isPartTrue, type AlternativeTrace } from '@sallyport/policy';

/** Returns how many parts of an alternative would have to change for it to hold. */
function distance(alternative: AlternativeTrace): number {
  if (alternative.holds) return 0;
  if (alternative.operator === 'or' || alternative.operator === 'nor') return 1;
  return alternative.criteria.filter((one) => !isPartTrue(alternative, one)).length;
}

/** Returns at most `max` rules in their order: those that hold, and those closest to it. */
export function chooseRules(rules: readonly AlternativeTrace[], max: number): readonly AlternativeTrace[] {
  if (rules.length <= max) return rules;
  const ranked = rules
    .map((rule, index) => ({ index, distance: distance(rule) }))
    .toSorted((a, b) => a.distance - b.distance || a.index - b.index);
  return ranked
    .slice(0, max)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b)
    .map((index) => rules[index]!);
}
