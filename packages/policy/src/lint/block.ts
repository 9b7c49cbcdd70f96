import type { Action } from '../language/actions.ts';
import type { Alternative } from '../language/compiled-policy.ts';
import type { FaultPath } from '../compile/fault-list.ts';
import type { KubernetesInput } from '../input/policy-input.ts';

/** An operator block with where it stands in its document. */
export type Block = { readonly alternative: Alternative; readonly action: Action; readonly path: FaultPath };

/** Where a block stands, by its name: `<scope>[<index>].<action>.<operator>`. */
export function blockOf(alternative: Alternative, action: Action, isList: boolean): Block {
  const [, index = '0', operator = ''] = /\[(\d+)\]\.\w+\.(\w+)$/.exec(alternative.name) ?? [];
  return { alternative, action, path: [...(isList ? [Number(index)] : []), action, operator] };
}

/** The place of a criterion of a block. */
export const placeOf = ({ path, alternative }: Block, index: number): FaultPath => [
  ...path,
  index,
  alternative.labels[index]!,
];

/** The indices of a block's criteria with this name. */
export function indicesOf({ alternative }: Block, name: string): number[] {
  return [...alternative.labels.keys()].filter((index) => alternative.labels[index] === name);
}

/** Whether one criterion of a block holds for what is asked of Kubernetes, by itself. */
export function holdsFor({ alternative }: Block, index: number, kubernetes: KubernetesInput): boolean {
  return alternative.criteria[index]!({ kubernetes }) > 0;
}

const ofRequest = ['k8s/resource', 'k8s/verb', 'k8s/shell_equivalent'];

/**
 * True if a block could hold for such a request by what it says of resource and verb: an `and` by all of that, an `or`
 * by any of it. `not` and `nor` say what is left out, and count as could.
 */
export function covers(block: Block, kubernetes: KubernetesInput): boolean {
  const { every, invert } = block.alternative;
  if (invert) return true;
  const parts = ofRequest.flatMap((name) => indicesOf(block, name)).map((index) => holdsFor(block, index, kubernetes));
  return every ? parts.every(Boolean) : parts.some(Boolean);
}

const extraOf = ({ alternative }: Block, index: number) =>
  `${alternative.labels[index]} ${JSON.stringify(alternative.data[index])}`;

/** What a block asks for beside resource and verb, each as it is written. */
export function extrasOf(block: Block): ReadonlySet<string> {
  return new Set(
    [...block.alternative.labels.keys()]
      .filter((index) => !ofRequest.includes(block.alternative.labels[index]!))
      .map((index) => extraOf(block, index)),
  );
}

/** True if a block surely denies such a request where and to whom what it asks for beside resource and verb holds. */
export function surelyCovers(block: Block, kubernetes: KubernetesInput): boolean {
  const { every, invert } = block.alternative;
  if (!invert) return covers(block, kubernetes);
  const parts = ofRequest.flatMap((name) => indicesOf(block, name)).map((index) => holdsFor(block, index, kubernetes));
  // What `not` leaves out beside resource and verb may be whatever another rule is about.
  return every ? extrasOf(block).size === 0 && !parts.some(Boolean) : parts.some((holds) => !holds);
}
