import { createTextCriterion } from '../text-criterion.ts';

/** String matcher over the object's name; lists, creates and deletes of a collection have none and match nothing. */
export const k8sName = createTextCriterion({
  name: 'k8s/name',
  read: (input) => input.kubernetes?.name || undefined,
  reason: 'k8s-name',
  doc: {
    summary: 'Holds if the name of the object in the path matches. A create, a list and a delete of a collection have none and match nothing, not even `not`.',
    example: { starts_with: 'web-' },
    source: 'Sallyport',
  },
});
