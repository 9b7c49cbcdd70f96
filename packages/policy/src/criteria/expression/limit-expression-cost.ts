import type { ASTNode } from '@marcbachmann/cel-js';

/** How much work one evaluation may do: a few milliseconds' worth at most. */
export const expressionBudget = 20_000;
/** What making an error costs beside anything else. */
const errorCost = 250;

// The inside of the library's nodes; its version is pinned, and what does not look like this is refused.
type Evaluate = (evaluator: unknown, ast: unknown, context: unknown) => unknown;
type Handle = (args: unknown, ...rest: unknown[]) => unknown;
type Meta = { evaluate?: Evaluate; alternate?: unknown; macro?: { args?: unknown } };
type InnerNode = ASTNode & { readonly meta: Meta; setMeta(key: 'evaluate', value: Evaluate): unknown; handle?: Handle };

// One evaluation at a time: evaluation is synchronous.
let left = 0;
let lastError: unknown;

// One for all: loops of CEL go on after an error, and a new one at every step would be the costliest thing of all.
const exhausted = new RangeError('the expression took too much work');

function charge(cost: number): void {
  left -= cost;
  if (left < 0) throw exhausted;
}

/** An error passes through many nodes and is paid for once. */
function chargeError(error: unknown): void {
  if (error === lastError || error === exhausted) return;
  lastError = error;
  charge(errorCost);
}

/** What it costs at most to look through a value once more. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length >>> 4;
  return Array.isArray(value) ? value.length : 0;
}

/** A search for a long text may cost the product of both lengths. */
function searchCost(args: unknown): number {
  const [text, piece] = Array.isArray(args) ? (args as unknown[]) : [];
  if (typeof text !== 'string' || typeof piece !== 'string' || piece.length <= 64) return 0;
  return (text.length * piece.length) / 1024;
}

function isNode(value: unknown): value is InnerNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
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
  if (node.op === 'rcall' && handle) {
    node.handle = (args, ...rest) => {
      charge(searchCost(args));
      return handle(args, ...rest);
    };
  }
  limitAll(node.args, seen);
}

function limitAll(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isNode(value)) return limitNode(value, seen);
  for (const item of Array.isArray(value) ? (value as unknown[]) : Object.values(value))
    if (Array.isArray(item) || isNode(item)) limitAll(item, seen);
}

/**
 * Makes every node of a parsed and checked expression pay for its work: one for each time it is evaluated, and the size
 * of what comes out. So a loop over what the caller sent ends, whatever was sent. Throws TypeError if the expression is
 * not built as expected.
 */
export function limitExpressionCost(ast: ASTNode): void {
  limitAll(ast, new Set());
}

/**
 * Runs an evaluation under a fresh budget; throws if that is used up, even where the expression took no notice (`failed
 * || true`).
 */
export function withExpressionBudget<T>(evaluate: () => T): T {
  left = expressionBudget;
  lastError = undefined;
  const value = evaluate();
  if (left < 0) throw exhausted;
  return value;
}
