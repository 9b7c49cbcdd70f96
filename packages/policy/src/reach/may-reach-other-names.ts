import { isThroughNode } from '@sallyport/contracts';
import type { CompileContext } from '../language/criterion.ts';
import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * True for a part about names that may be about the name of a node: its block names nodes, and no namespace, in which
 * no node is.
 */
function isAboutNodes({ operator, beside }: Pick<CompileContext, 'operator' | 'beside'>): boolean {
  const names = (key: string, text = '') =>
    beside.some((one) => Object.hasOwn(one, key) && JSON.stringify(one).includes(text));
  return operator === 'and' && names('k8s/resource', 'nodes') && !names('k8s/namespace');
}

/**
 * For a part about names: says of a request whose own name does not match whether it may reach one that does. What goes
 * through a node has the name of the node and reaches pods of any name, so that a deny by another name may hold; one
 * that names nodes beside the name means the node itself.
 */
export function mayReachOtherNames(
  context: Pick<CompileContext, 'action' | 'operator' | 'beside'>,
): (kubernetes: KubernetesInput | null | undefined) => boolean {
  if (context.action !== 'deny' || isAboutNodes(context)) return () => false;
  return (kubernetes) => kubernetes != null && isThroughNode(kubernetes);
}
