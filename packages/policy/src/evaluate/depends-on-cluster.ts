import type { CompiledPolicy } from '../language/compiled-policy.ts';

const readsCluster = new Set(['k8s/cluster', 'expression']);

/** Reports whether the result of a policy may differ between clusters. An expression may read anything. */
export function dependsOnCluster({ allow, deny }: CompiledPolicy): boolean {
  return [...allow, ...deny].some(({ labels }) => labels.some((label) => readsCluster.has(label)));
}
