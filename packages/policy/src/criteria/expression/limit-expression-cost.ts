import type { ASTNode } from '@marcbachmann/cel-js';
import { isNode } from './check-expression.ts';

/** How many units of work one evaluation may do: a few milliseconds at most. */
export const expressionBudget = 20_000;
/** The additional cost of creating an error. */
const errorCost = 250;

// Internals of the library's nodes. Its version is pinned, and nodes of any other shape are refused.
type Evaluate = (evaluator: unknown, ast: unknown, context: unknown) => unknown;
type Handle = (args: unknown, ...rest: unknown[]) => unknown;
type Meta = { evaluate?: Evaluate; alternate?: unknown; macro?: { args?: unknown } };
type InnerNode = ASTNode & { readonly meta: Meta; setMeta(key: 'evaluate', value: Evaluate): unknown; handle?: Handle };

// There is one evaluation at a time, because evaluation is synchronous.
let left = 0;
let lastError: unknown;

// A single instance: CEL loops continue after an error, and a new error at every step would be the most expensive part.
const exhausted = new RangeError('the expression took too much work');

function charge(cost: number): void {
  left -= cost;
  if (left < 0) throw exhausted;
}

/** Charges an error once, although it passes through many nodes. */
function chargeError(error: unknown): void {
  if (error === lastError || error === exhausted) return;
  lastError = error;
  charge(errorCost);
}

/** Returns the maximum cost of reading a value once more. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length >>> 4;
  return Array.isArray(value) ? value.length : 0;
}

/** Returns how many entries a value has, also of the lists and maps in it. Does not count further than the budget. */
function entriesIn(value: unknown): number {
  const waiting = [value];
  let count = 0;
  while (waiting.length > 0 && count <= left) {
    const next = waiting.pop();
    count += 1 + (typeof next === 'string' ? next.length >>> 4 : 0);
    if (typeof next !== 'object' || next === null) continue;
    for (const item of next instanceof Map ? next.values() : Object.values(next)) {
      if (waiting.length + count > left) return waiting.length + count;
      waiting.push(item);
    }
  }
  return count;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/**
 * Returns the cost of what an operator does with whole lists and maps. Reading a map is free, because most expressions
 * look up one entry of it.
 */
const operatorCosts: Readonly<Record<string, (first: unknown, second: unknown) => number>> = {
  // Lists and maps of other lengths are not compared further, so both have as many entries as the first.
  '==': (first, second) => (isObject(first) && isObject(second) ? entriesIn(first) : 0),
  '!=': (first, second) => (isObject(first) && isObject(second) ? entriesIn(first) : 0),
  in: (first, list) => (isObject(first) && Array.isArray(list) ? entriesIn(list) : 0),
  // The keys of a map are copied before the loop begins.
  comprehension: (range) => (range instanceof Map ? range.size : 0),
};

/** Returns the cost of a search: for a long string up to the product of both lengths. */
function searchCost(args: unknown): number {
  const [text, piece] = Array.isArray(args) ? (args as unknown[]) : [];
  if (typeof text !== 'string' || typeof piece !== 'string' || piece.length <= 64) return 0;
  return (text.length * piece.length) / 1024;
}

function limitNode(node: InnerNode, seen: Set<unknown>): void {
  if (typeof node.meta !== 'object' || typeof node.setMeta !== 'function') throw new TypeError('unknown kind of node');
  const { evaluate, alternate, macro } = node.meta;
  if (alternate !== undefined) return limitAll(alternate, seen);
  if (macro !== undefined) return limitAll(macro.args, seen);
  if (typeof evaluate !== 'function') throw new TypeError('unknown kind of node');
  node.setMeta('evaluate', (evaluator, ast, context) => {
    charge(1);
    let value: unknown;
    try {
      value = evaluate(evaluator, ast, context);
    } catch (error) {
      chargeError(error);
      throw error;
    }
    charge(sizeOf(value));
    return value;
  });
  const { handle } = node;
  const costOf = operatorCosts[node.op];
  if (node.op === 'rcall' && handle) {
    node.handle = (args, ...rest) => {
      charge(searchCost(args));
      return handle(args, ...rest);
    };
  } else if (costOf) {
    if (!handle) throw new TypeError('unknown kind of node');
    node.handle = (first, second, ...rest) => {
      charge(costOf(first, second));
      return handle(first, second, ...rest);
    };
  }
  limitAll(node.args, seen);
}

function limitAll(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isNode<InnerNode>(value)) return limitNode(value, seen);
  for (const item of Array.isArray(value) ? (value as unknown[]) : Object.values(value))
    if (Array.isArray(item) || isNode(item)) limitAll(item, seen);
}

/**
 * Makes every node of a parsed and checked expression charge for its work: one unit for each evaluation, plus the size
 * of the result and what an operator does with whole maps. So a loop over caller data is bounded, whatever the caller
 * sends. Throws TypeError if the expression is not built as expected.
 */
export function limitExpressionCost(ast: ASTNode): void {
  limitAll(ast, new Set());
}

/**
 * Runs an evaluation with a new budget. Throws if the budget is used up, even if the expression ignored the failure
 * (`failed || true`).
 */
export function withExpressionBudget<T>(evaluate: () => T): T {
  left = expressionBudget;
  lastError = undefined;
  const value = evaluate();
  if (left < 0) throw exhausted;
  return value;
}
