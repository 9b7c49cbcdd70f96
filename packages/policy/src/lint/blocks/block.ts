import { ruleLabel } from '@sallyport/contracts';
import type { FaultPath } from '../../document/fault-list.ts';
import type { KubernetesInput } from '../../input/policy-input.ts';
import type { Alternative } from '../../language/compiled-policy.ts';
import type { Action } from '../../language/criterion.ts';

/** An operator block with its path in the document. */
export type Block = { readonly alternative: Alternative; readonly action: Action; readonly path: FaultPath };

/** Returns how people read which rule a block belongs to. */
export const labelOf = ({ alternative: { name, ruleName } }: Block): string => ruleLabel({ rule: name, ruleName });

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

/** One criterion of a clause. `negated`: it must not hold. */
export type Literal = {
  readonly label: string;
  readonly data: unknown;
  readonly negated: boolean;
  /** The place of the criterion in its block. */
  readonly index: number;
};

/** Conditions that must all be met. A rule holds if one of the clauses of its blocks does. */
export type Clause = { readonly block: Block; readonly literals: readonly Literal[]; readonly path: FaultPath };

/**
 * Returns the clauses of a block: `and` and `not` are one, `or` and `nor` have one for each criterion. The path is that
 * of the block, or of the criterion.
 */
export function clausesOf(block: Block): Clause[] {
  const { labels, data, every, invert } = block.alternative;
  const literals = labels.map((label, index): Literal => ({ label, data: data[index], negated: invert, index }));
  return every
    ? [{ block, literals, path: block.path }]
    : literals.map((one) => ({ block, literals: [one], path: placeOf(block, one.index) }));
}

/** Returns the criteria of a clause with this name that must hold. */
export function literalsOf({ literals }: Clause, label: string): Literal[] {
  return literals.filter((one) => !one.negated && one.label === label);
}

/** A pattern in the data of `k8s/resource`, with its path in the data. */
type ResourceItem = { readonly pattern: string; readonly path: FaultPath };

/** Returns the patterns in the data of `k8s/resource`. */
export function resourceItems(data: unknown): ResourceItem[] {
  if (typeof data === 'string') return [{ pattern: data, path: [] }];
  if (!Array.isArray(data)) return [];
  return data.flatMap((pattern: unknown, index) => (typeof pattern === 'string' ? [{ pattern, path: [index] }] : []));
}
