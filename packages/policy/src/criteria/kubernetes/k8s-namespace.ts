import { namespaceOf } from '../../reach/namespace-of.ts';
import { createReachCriterion } from './reach-criterion.ts';

/**
 * String matcher or list over the namespace. A request without one matches nothing, not even `not`. For a request that spans
 * namespaces it is open.
 */
export const k8sNamespace = createReachCriterion({
  name: 'k8s/namespace',
  read: namespaceOf,
  reason: 'k8s-namespace',
  doc: {
    summary:
      'Holds if the namespace matches. A request without a namespace (cluster-scoped objects, non-resource paths) matches nothing, not even `not`. ' +
      'For a request that spans namespaces it is open, so that a deny holds and an allow does not: `list`, `watch` and `deletecollection` without a namespace, of a kind that is namespaced or unknown, and everything through `nodes/proxy`. ' +
      'A field selector that pins the namespace (`metadata.namespace=dev`) counts, except for an aggregated API, which may ignore it. Sallyport does not ask which namespaces exist: any might.',
    example: ['web', 'shop'],
  },
});
