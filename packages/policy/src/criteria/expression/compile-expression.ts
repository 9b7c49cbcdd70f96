import { type ErrorLocation, type ParseResult } from '@marcbachmann/cel-js';
import type { CompileContext } from '../../language/criterion.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import { checkExpression } from './check-expression.ts';
import { ExpressionContext } from './expression-context.ts';
import { expressionEnvironment, expressionLimits } from './expression-environment.ts';
import { limitExpressionCost, withExpressionBudget } from './limit-expression-cost.ts';
import { warnOfExpression } from './warn-of-expression.ts';

/** Undefined: the expression failed, or gave neither true nor false. */
export type Expression = {
  /** True if it asks about the caller, who must be known first. */
  readonly ofCaller: boolean;
  /** True if it reads the namespace, the name or the resource of what is asked for. */
  readonly readsNamespace: boolean;
  readonly readsName: boolean;
  readonly readsResource: boolean;
  evaluate(input: PolicyInput): boolean | undefined;
};

const aboutCaller = ['user', 'session', 'elevations'];

/** What the library says of a mistake, without the text of the expression. */
function wordsOf(error: unknown): string {
  const { summary, message, range } = error as { summary?: unknown; message?: unknown; range?: ErrorLocation['range'] };
  const said =
    typeof summary === 'string' ? summary : typeof message === 'string' ? message.split('\n')[0]! : 'cannot be read';
  const words = said
    .slice(0, 200)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return range ? `${words} (at character ${range.start + 1})` : words;
}

function parse(text: string): ParseResult {
  const parsed = expressionEnvironment().parse(text);
  const checked = parsed.check();
  if (!checked.valid) throw checked.error ?? new TypeError('cannot be read');
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    throw new TypeError(`must be true or false in the end, gives ${String(checked.type)}`);
  return parsed;
}

// One for all: evaluation is synchronous.
const context = new ExpressionContext();

function run(parsed: ParseResult, input: PolicyInput): boolean | undefined {
  context.input = input;
  try {
    const value: unknown = withExpressionBudget(() => parsed(context) as unknown);
    return typeof value === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  } finally {
    context.input = {};
  }
}

/** Compiles an expression of the Common Expression Language; undefined after a fault. */
export function compileExpression(text: string, context: CompileContext): Expression | undefined {
  const { path, faults } = context;
  if (text.length > expressionLimits.length) {
    faults.add(path, `is longer than ${expressionLimits.length} characters`);
    return undefined;
  }
  try {
    const parsed = parse(text);
    const checked = checkExpression(parsed.ast);
    const { identifiers, paths, problem } = checked;
    if (problem) {
      faults.add(path, problem.message, problem.hint);
      return undefined;
    }
    warnOfExpression(parsed.ast, checked, context);
    limitExpressionCost(parsed.ast);
    const reads = (member: string) => paths.has('kubernetes') || paths.has(`kubernetes.${member}`);
    return {
      ofCaller: aboutCaller.some((name) => identifiers.has(name)),
      readsNamespace: reads('namespace'),
      readsName: reads('name'),
      readsResource: reads('resource'),
      evaluate: (input) => run(parsed, input),
    };
  } catch (error) {
    faults.add(
      path,
      `is not a valid expression: ${wordsOf(error)}`,
      'variables are request, user, session, cluster, kubernetes, elevations, now',
    );
    return undefined;
  }
}
