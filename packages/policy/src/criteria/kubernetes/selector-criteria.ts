import type { Criterion } from '../../language/criterion.ts';
import { createTextCriterion } from '../text/text-criterion.ts';

/** The only verbs for which the API server applies selectors. For others, a selector in the query has no effect. */
const verbsWithSelectors: ReadonlySet<string | undefined> = new Set(['list', 'watch', 'deletecollection']);

type SelectorCriterionOptions = {
  readonly name: 'k8s/label_selector' | 'k8s/field_selector';
  readonly member: 'labelSelector' | 'fieldSelector';
  readonly what: string;
  readonly example: string;
};

/** Creates a criterion over the text of a selector, for requests to which the API server applies it. */
function createSelectorCriterion({ name, member, what, example }: SelectorCriterionOptions): Criterion {
  return createTextCriterion({
    name,
    read: ({ kubernetes }) =>
      verbsWithSelectors.has(kubernetes?.verb) ? kubernetes?.[member] || undefined : undefined,
    takesList: true,
    doc: {
      summary:
        `Holds if the text of the ${what} matches, for \`list\`, \`watch\` and \`deletecollection\`. Other requests match nothing. ` +
        `The text is compared, not its meaning: only \`is\`, \`in\` and a list guarantee that only the selected objects are reached. \`contains: ${example}\` also matches \`${example}-test\`, ` +
        'and the same selection can be written in several ways, so a deny by selector is not a security boundary. It does not cover a `get` by name.',
      example: { is: example },
      source: 'Sallyport',
    },
  });
}

/** String matcher or list over the text of the field selector. */
export const k8sFieldSelector = createSelectorCriterion({
  name: 'k8s/field_selector',
  member: 'fieldSelector',
  what: 'field selector',
  example: 'status.phase=Running',
});

/** String matcher or list over the text of the label selector. */
export const k8sLabelSelector = createSelectorCriterion({
  name: 'k8s/label_selector',
  member: 'labelSelector',
  what: 'label selector',
  example: 'app=web',
});
