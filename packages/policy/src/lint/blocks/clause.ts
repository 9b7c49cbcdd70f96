import type { FaultPath } from '../../compile/fault-list.ts';
import { placeOf, type Block } from './block.ts';

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
