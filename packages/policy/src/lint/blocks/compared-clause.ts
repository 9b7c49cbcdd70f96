import { mayActAs } from '../../evaluate/may-act-as.ts';
import type { Clause } from './clause.ts';
import { compareLiteral, implies, type ComparedLiteral } from './implies.ts';

/** A clause that is compared with others. `order`: its place among all. */
export type ComparedClause = {
  readonly clause: Clause;
  readonly scope: string;
  readonly order: number;
  /** Its criteria without those that always hold. */
  readonly literals: readonly ComparedLiteral[];
  /** Whether its criterion on names means a node itself, and no pod that is reached through it. */
  readonly isAboutNodes: boolean;
};

/** Prepares a clause for comparisons. */
export function compareClause(clause: Clause, scope: string, order: number): ComparedClause {
  const literals = clause.literals.filter(({ label, negated }) => label !== 'accept' || negated).map(compareLiteral);
  const mentionsNodes = literals.some(
    ({ label, data }) => label === 'k8s/resource' && JSON.stringify(data).includes('nodes'),
  );
  return {
    clause,
    scope,
    order,
    literals,
    isAboutNodes: mentionsNodes && literals.some(({ label }) => label === 'k8s/name'),
  };
}

const names = ({ literals }: ComparedClause, name: string) => literals.some(({ label }) => label === name);

/**
 * Reports whether a clause certainly holds wherever another does. Through a node, whether a deny by name is open depends
 * on the other criteria of its rule, so a deny about nodes by name is never taken for wider.
 */
export function isWider(wide: ComparedClause, narrow: ComparedClause): boolean {
  if (wide.isAboutNodes && wide.clause.block.action === 'deny') return false;
  const { action, alternative } = wide.clause.block;
  if (action === 'allow' && names(narrow, 'k8s/impersonate') && !mayActAs(alternative)) return false;
  return wide.literals.every((one) => narrow.literals.some((other) => implies(other, one)));
}
