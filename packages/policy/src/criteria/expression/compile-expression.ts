import type { ErrorLocation, ParseResult } from '@marcbachmann/cel-js';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { checkExpression } from './check-expression.ts';
import { ExpressionContext } from './expression-context.ts';
import { expressionEnvironment, expressionLimits } from './expression-environment.ts';
import { limitExpressionCost, withExpressionBudget } from './limit-expression-cost.ts';
import { warnOfExpression } from './warn-of-expression.ts';

/** A compiled expression. `evaluate` returns undefined if the expression fails or its result is not a boolean. */
type Expression = {
  /** True if it is about the caller, who must be logged in first. */
  readonly ofCaller: boolean;
  /** True if it reads the namespace, the name or the resource of the request. */
  readonly readsNamespace: boolean;
  readonly readsName: boolean;
  readonly readsResource: boolean;
  evaluate(input: PolicyInput): boolean | undefined;
};

const aboutCaller = ['user', 'session', 'elevations'];

/** Returns the library's message about an error, without the text of the expression. */
function describeError(error: unknown): string {
  const { summary, message, range } = error as { summary?: unknown; message?: unknown; range?: ErrorLocation['range'] };
  const first =
    typeof summary === 'string' ? summary : typeof message === 'string' ? message.split('\n')[0]! : 'cannot be read';
  const text = first
    .slice(0, 200)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return range ? `${text} (at character ${range.start + 1})` : text;
}

function parse(text: string): ParseResult {
  const parsed = expressionEnvironment().parse(text);
  const checked = parsed.check();
  if (!checked.valid) throw checked.error ?? new TypeError('cannot be read');
  if (checked.type !== 'bool' && checked.type !== 'dyn')
    throw new TypeError(`must result in true or false, not in ${String(checked.type)}`);
  return parsed;
}

// Shared by all evaluations, because evaluation is synchronous.
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

/** Compiles an expression of the Common Expression Language. Returns undefined after reporting a fault. */
export function compileExpression(text: string, context: CompileContext): Expression | undefined {
  const { path, faults } = context;
  if (text.length > expressionLimits.length)
    return faults.add(path, `is longer than ${expressionLimits.length} characters`);
  try {
    const parsed = parse(text);
    const checked = checkExpression(parsed.ast);
    const { identifiers, paths, problem } = checked;
    if (problem) return faults.add(path, problem.message, problem.hint);
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
    return faults.add(
      path,
      `is not a valid expression: ${describeError(error)}`,
      'the variables are request, user, session, cluster, kubernetes, elevations, now',
    );
  }
}
