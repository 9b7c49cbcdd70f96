import { isThroughNode } from '@sallyport/contracts';
import { isPlainObject } from '../document/plain-object.ts';
import type { KubernetesInput } from '../input/policy-input.ts';
import type { CompileContext } from '../language/criterion.ts';

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

function ofOperator(operator: string, right: unknown): boolean | undefined {
  if (operator === 'contains' || operator === 'starts_with' || operator === 'ends_with')
    return right === '' ? true : undefined;
  if (operator !== 'in' && operator !== 'not_in') return undefined;
  return Array.isArray(right) && right.length === 0 ? operator === 'not_in' : undefined;
}

/**
 * Returns whether the data of a string matcher, or a list, matches every string (true) or none (false), if that is obvious;
 * undefined otherwise.
 */
export function matchesAllOrNone(data: unknown): boolean | undefined {
  if (Array.isArray(data)) return ofOperator('in', data);
  if (!isPlainObject(data)) return undefined;
  const all = Object.entries(data).map(([operator, right]) => ofOperator(operator, right));
  if (all.includes(false)) return false;
  return all.every((one) => one === true) ? true : undefined;
}
