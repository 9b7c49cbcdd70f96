import { isPartTrue, type AlternativeTrace } from '@sallyport/policy';

/** How many parts of an alternative would have to be otherwise. */
function distance(alternative: AlternativeTrace): number {
  if (alternative.holds) return 0;
  if (alternative.operator === 'or' || alternative.operator === 'nor') return 1;
  return alternative.criteria.filter((one) => !isPartTrue(alternative, one)).length;
}

/** Of more rules than anybody reads, those that hold and those nearest to it, in their order. */
export function chooseRules(rules: readonly AlternativeTrace[], most: number): readonly AlternativeTrace[] {
  if (rules.length <= most) return rules;
  const ranked = rules
    .map((rule, index) => ({ index, distance: distance(rule) }))
    .toSorted((a, b) => a.distance - b.distance || a.index - b.index);
  return ranked
    .slice(0, most)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b)
    .map((index) => rules[index]!);
}
