import { isThroughNode } from '@sallyport/contracts';
import type { CompileContext } from '../language/criterion.ts';
import type { KubernetesInput } from '../input/policy-input.ts';

/**
 * Reports whether a criterion about names is about the name of a node: its block names nodes, and no namespace, because
 * nodes have none.
 */
function isAboutNodes({ operator, siblings }: Pick<CompileContext, 'operator' | 'siblings'>): boolean {
  const names = (key: string, text = '') =>
    siblings.some((one) => Object.hasOwn(one, key) && JSON.stringify(one).includes(text));
  return operator === 'and' && names('k8s/resource', 'nodes') && !names('k8s/namespace');
}

/**
 * Returns, for a criterion about names, whether a request whose own name does not match may reach a name that does. A
 * request through a node has the name of the node but reaches pods of any name, so a deny by another name may hold. A
 * block that also names nodes means the node itself.
 */
export function mayReachOtherNames(
  context: Pick<CompileContext, 'action' | 'operator' | 'siblings'>,
): (kubernetes: KubernetesInput | null | undefined) => boolean {
  if (context.action !== 'deny' || isAboutNodes(context)) return () => false;
  return (kubernetes) => kubernetes != null && isThroughNode(kubernetes);
}
