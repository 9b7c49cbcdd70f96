import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher or list over the name of the cluster. */
export const k8sCluster = createTextCriterion({
  name: 'k8s/cluster',
  read: (input) => input.kubernetes?.cluster || undefined,
  reason: 'k8s-cluster',
  takesList: true,
  doc: {
    summary: 'Holds if the name of the cluster (`clusters[].name`) matches.',
    example: { starts_with: 'prod-' },
    source: 'Sallyport',
  },
});
