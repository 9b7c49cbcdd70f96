import type { Criterion } from '../../language/criterion.ts';
import { createTextCriterion } from '../common/text-criterion.ts';

/** The only verbs for which the API server looks at selectors; for others a selector in the query promises nothing. */
const verbsWithSelectors: ReadonlySet<string | undefined> = new Set(['list', 'watch', 'deletecollection']);

type SelectorCriterionOptions = {
  readonly name: string;
  readonly member: 'labelSelector' | 'fieldSelector';
  readonly reason: string;
  readonly what: string;
  readonly example: string;
};

/** Creates a criterion over the text of a selector, where the request has one that the API server goes by. */
export function createSelectorCriterion({ name, member, reason, what, example }: SelectorCriterionOptions): Criterion {
  return createTextCriterion({
    name,
    read: ({ kubernetes }) =>
      verbsWithSelectors.has(kubernetes?.verb) ? kubernetes?.[member] || undefined : undefined,
    reason,
    doc: {
      summary:
        `Holds if the text of the ${what} matches, for \`list\`, \`watch\` and \`deletecollection\`; other requests have none and match nothing. ` +
        `The text is compared, not its meaning: only \`is\` and \`in\` promise that nothing but the selected objects is reached. \`contains: ${example}\` also matches \`${example}-test\`, ` +
        'and the same selection can be written in several ways, so a deny rule on a selector is no boundary. It says nothing of a `get` by name.',
      example: { is: example },
      source: 'Sallyport',
    },
  });
}
