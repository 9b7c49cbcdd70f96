import type { ASTNode } from '@marcbachmann/cel-js';
import { quoteName } from '../../document/nearest-name.ts';
import { expressionLimits } from './expression-environment.ts';

/** Reports whether a part of a parsed expression is a node of it. */
export function isNode<Node extends ASTNode = ASTNode>(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function memberOf(member: unknown): string | undefined {
  if (typeof member === 'string') return member;
  const node = member as { op?: unknown; args?: unknown } | null;
  return typeof node === 'object' && node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}

/**
 * Returns the names on the path from a variable to a member (`user.claims["team"]`: user, claims, team), or undefined
 * for any other node. Does not recurse.
 */
export function pathOfNode(node: ASTNode): readonly string[] | undefined {
  const path: string[] = [];
  let at = node as { readonly op: string; readonly args: unknown };
  while (at.op === '.' || at.op === '[]') {
    const [object, member] = at.args as [ASTNode, unknown];
    const name = memberOf(member);
    if (name === undefined) return undefined;
    path.unshift(name);
    at = object;
  }
  return at.op === 'id' ? [at.args as string, ...path] : undefined;
}

/**
 * The names that an expression uses, or why it is not allowed. `paths`: what it reads, such as `user.claims.team`, or
 * only a variable if it uses the whole variable. `guarded`: which of those it checks with `has()`.
 */
export type CheckedExpression = {
  readonly identifiers: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  readonly guarded: ReadonlySet<string>;
  readonly problem?: { readonly message: string; readonly hint?: string };
};

/** The methods that evaluate an expression for each item of a list. */
export const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const functions: ReadonlySet<string> = new Set([
  'has',
  'size',
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'timestamp',
  'duration',
  'type',
  'dyn',
]);
const clock = [
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];
const methods: ReadonlySet<string> = new Set([
  ...loops,
  ...clock,
  'size',
  'contains',
  'startsWith',
  'endsWith',
  'indexOf',
  'lastIndexOf',
  'substring',
  'split',
  'join',
  'trim',
]);

type Problem = { message: string; hint?: string };
type Walk = {
  readonly identifiers: Set<string>;
  readonly paths: Set<string>;
  readonly guarded: Set<string>;
  nodes: number;
  problem?: Problem;
};

function problemOfCall(name: string, isMethod: boolean, args: readonly unknown[]): Problem | undefined {
  if (name === 'matches')
    return {
      message: 'matches() is not available, because the time of a regular expression is not bounded',
      hint: 'use startsWith, endsWith, contains, or a combination',
    };
  if (!(isMethod ? methods : functions).has(name))
    return { message: `${quoteName(name)} is not a function of expressions` };
  if (isMethod && clock.includes(name) && args.length > 0)
    return { message: `${name} does not take a time zone: times are in UTC`, hint: 'use time_of_day or day_of_week' };
  // The time to parse a duration grows with the square of its length.
  if (name === 'duration' && !(isNode(args[0]) && args[0].op === 'value'))
    return { message: 'duration() takes only a literal, such as duration("5m")' };
  return undefined;
}

function noteGuard([asked]: readonly unknown[], state: Walk): void {
  const names = isNode(asked) ? pathOfNode(asked) : undefined;
  if (names) state.guarded.add(names.join('.'));
}

function walk(value: unknown, depth: number, loopDepth: number, state: Walk): void {
  if (state.problem) return;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) walk(item, depth, loopDepth, state);
    return;
  }
  if (!isNode(value)) return;
  state.nodes += 1;
  if (depth > expressionLimits.depth || state.nodes > expressionLimits.nodes * 4) {
    state.problem = { message: 'is too large or nested too deeply' };
    return;
  }
  const node = value;
  const names = pathOfNode(node);
  if (names) {
    state.nodes += names.length - 1;
    state.identifiers.add(names[0]!);
    state.paths.add(names.join('.'));
    return;
  }
  let inner = loopDepth;
  if (node.op === 'call' || node.op === 'rcall') {
    const args = node.args as readonly unknown[];
    const name = args[0] as string;
    state.problem = problemOfCall(name, node.op === 'rcall', args.at(-1) as unknown[]);
    if (node.op === 'call' && name === 'has') noteGuard(args.at(-1) as unknown[], state);
    if (node.op === 'rcall' && loops.has(name)) inner += 1;
    if (inner > expressionLimits.loops)
      state.problem ??= {
        message: `has loops (all, exists, map, filter) that are nested more than ${expressionLimits.loops} deep`,
      };
    // The range of a loop belongs to the enclosing loop.
    if (node.op === 'rcall') {
      walk(args[1], depth + 1, loopDepth, state);
      walk(args[2], depth + 1, inner, state);
      return;
    }
  }
  walk(node.args, depth + 1, inner, state);
}

/**
 * Checks a parsed expression: collects the variables that it uses, and verifies that it only calls functions with a
 * bounded cost.
 */
export function checkExpression(ast: ASTNode): CheckedExpression {
  const state: Walk = { identifiers: new Set(), paths: new Set(), guarded: new Set(), nodes: 0 };
  walk(ast, 0, 0, state);
  return { identifiers: state.identifiers, paths: state.paths, guarded: state.guarded, problem: state.problem };
}
