import type { Action } from '../../language/actions.ts';
import type { Alternative } from '../../language/compiled-policy.ts';
import type { FaultPath } from '../../compile/fault-list.ts';
import type { KubernetesInput } from '../../input/policy-input.ts';

/** An operator block with its path in the document. */
export type Block = { readonly alternative: Alternative; readonly action: Action; readonly path: FaultPath };

/** Derives the path of a block from its name: `<scope>[<index>].<action>.<operator>`. */
export function blockOf(alternative: Alternative, action: Action, isList: boolean): Block {
  const [, index = '0', operator = ''] = /\[(\d+)\]\.\w+\.(\w+)$/.exec(alternative.name) ?? [];
  return { alternative, action, path: [...(isList ? [Number(index)] : []), action, operator] };
}

/** Returns the path of a criterion of a block. */
export const placeOf = ({ path, alternative }: Block, index: number): FaultPath => [
  ...path,
  index,
  alternative.labels[index]!,
];

/** Returns the indices of a block's criteria with this name. */
export function indicesOf({ alternative }: Block, name: string): number[] {
  return [...alternative.labels.keys()].filter((index) => alternative.labels[index] === name);
}

/** Reports whether one criterion of a block holds for a Kubernetes request. */
export function holdsFor({ alternative }: Block, index: number, kubernetes: KubernetesInput): boolean {
  return alternative.criteria[index]!({ kubernetes }) > 0;
}

const requestCriteria = ['k8s/resource', 'k8s/verb', 'k8s/shell_equivalent'];

/**
 * Reports whether a block could hold for such a request by its criteria on resource and verb: all of them for `and`,
 * one of them for `or`. `not` and `nor` always count as possible, because they say what is excluded.
 */
export function covers(block: Block, kubernetes: KubernetesInput): boolean {
  const { every, invert } = block.alternative;
  if (invert) return true;
  const parts = requestCriteria
    .flatMap((name) => indicesOf(block, name))
    .map((index) => holdsFor(block, index, kubernetes));
  return every ? parts.every(Boolean) : parts.some(Boolean);
}

const extraOf = ({ alternative }: Block, index: number) =>
  `${alternative.labels[index]} ${JSON.stringify(alternative.data[index])}`;

/** Returns the conditions of a block other than resource and verb, each as written. */
export function extrasOf(block: Block): ReadonlySet<string> {
  return new Set(
    [...block.alternative.labels.keys()]
      .filter((index) => !requestCriteria.includes(block.alternative.labels[index]!))
      .map((index) => extraOf(block, index)),
  );
}

/** Reports whether a block certainly denies such a request if its other conditions hold. */
export function surelyCovers(block: Block, kubernetes: KubernetesInput): boolean {
  const { every, invert } = block.alternative;
  if (!invert) return covers(block, kubernetes);
  const parts = requestCriteria
    .flatMap((name) => indicesOf(block, name))
    .map((index) => holdsFor(block, index, kubernetes));
  // The other conditions of a `not` may exclude what another rule is about.
  return every ? extrasOf(block).size === 0 && !parts.some(Boolean) : parts.some((holds) => !holds);
}
