import { createTextCriterion } from '../text-criterion.ts';

/** String matcher over the object's name; lists, creates and deletes of a collection have none and match nothing. */
export const k8sName = createTextCriterion({
  name: 'k8s/name',
  read: (input) => input.kubernetes?.name || undefined,
  reason: 'k8s-name',
  doc: {
    summary: 'Holds if the name of the object matches: the one in the path, or the one that a list asks for by the field selector `metadata.name=`. Creates, other lists and deletes of a collection have none and match nothing, not even `not`.',
    example: { starts_with: 'web-' },
    source: 'Sallyport',
  },
});
