import { isThroughNode } from '@sallyport/contracts';
import type { CompileContext } from '../criterion.ts';
import type { KubernetesInput } from '../policy-input.ts';

/** True for a part about names that may be about the name of a node: its block names resources, and no namespace, in which no node is. */
function isAboutNodes({ operator, beside }: Pick<CompileContext, 'operator' | 'beside'>): boolean {
  return operator === 'and' && beside.includes('k8s/resource') && !beside.includes('k8s/namespace');
}

/**
 * For a part about names: says of a request whose own name does not match whether it may reach one that does. What goes through a node has the name of the node
 * and reaches pods of any name, so that a deny by another name may hold; one that names resources beside the name means the node itself.
 */
export function mayReachOtherNames(context: Pick<CompileContext, 'action' | 'operator' | 'beside'>): (kubernetes: KubernetesInput | null | undefined) => boolean {
  if (context.action !== 'deny' || isAboutNodes(context)) return () => false;
  return (kubernetes) => kubernetes != null && isThroughNode(kubernetes);
}
