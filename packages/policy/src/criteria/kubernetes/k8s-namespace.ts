import { createTextCriterion } from '../text-criterion.ts';

/** String matcher over the namespace; what has none (cluster-wide lists too) matches nothing, not even `not`. */
export const k8sNamespace = createTextCriterion({
  name: 'k8s/namespace',
  read: (input) => input.kubernetes?.namespace || undefined,
  reason: 'k8s-namespace',
  doc: {
    summary: 'Holds if the namespace matches. What has none (cluster-scoped objects, lists over all namespaces) matches nothing, not even `not`.',
    example: { in: ['web', 'shop'] },
    source: 'Sallyport',
  },
});
