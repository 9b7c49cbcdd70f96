import { namespaceOf } from '../../reach/namespace-of.ts';
import { createReachCriterion } from './reach-criterion.ts';

/**
 * String matcher over the namespace; what has none matches nothing, not even `not`, and what spans namespaces leaves it
 * open.
 */
export const k8sNamespace = createReachCriterion({
  name: 'k8s/namespace',
  read: namespaceOf,
  reason: 'k8s-namespace',
  doc: {
    summary:
      'Holds if the namespace matches. What is in none (cluster-scoped objects, paths that are no resource) matches nothing, not even `not`. ' +
      'What spans namespaces leaves it open, so that a deny holds and an allow does not: `list`, `watch` and `deletecollection` without a namespace of a kind that is namespaced or not known, and everything through `nodes/proxy`. ' +
      'A field selector that pins the namespace (`metadata.namespace=dev`) gives it, except for an aggregated API, which may ignore it. Which namespaces exist is not asked: any might.',
    example: { in: ['web', 'shop'] },
  },
});
