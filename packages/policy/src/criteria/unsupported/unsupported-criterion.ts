import type { CompileContext, Criterion } from '../../language/criterion.ts';
import type { Reason } from '../../language/reasons.ts';
import type { JsonSchema } from '../../reference/json-schema.ts';
import { fail } from '../../language/verdict.ts';
import { isLoggedIn } from '../common/is-logged-in.ts';

type UnsupportedCriterionOptions = {
  readonly name: string;
  readonly reason: Reason;
  /** What Sallyport does not have. */
  readonly missing: string;
  readonly data: string;
  readonly example: unknown;
  readonly schema: JsonSchema;
  /** Whether it is about the caller, so that a request without a session is asked to log in. */
  readonly ofCaller?: boolean;
  /** Reports faults of the data. */
  readonly check: (data: unknown, context: CompileContext) => void;
};

const unauthenticated = fail('user-unauthenticated');

/**
 * Creates a criterion of Pomerium's language about something that Sallyport does not have. It compiles with a warning
 * and never holds.
 */
export function createUnsupportedCriterion({
  name,
  reason,
  missing,
  data: dataDoc,
  example,
  schema,
  ofCaller = false,
  check,
}: UnsupportedCriterionOptions): Criterion {
  const unauthorized = fail(reason);
  return {
    name,
    schema,
    doc: {
      summary: `Never holds, because Sallyport has no ${missing}. It compiles with a warning, so that you need not change an existing policy.`,
      data: dataDoc,
      example,
      source: 'Pomerium',
      reasons: ofCaller ? [reason, 'user-unauthenticated'] : [reason],
    },
    compile(data, _subpath, context) {
      const before = context.faults.size;
      check(data, context);
      if (context.faults.size > before) return undefined;
      const inverted = context.operator === 'not' || context.operator === 'nor';
      context.warnings.add(
        context.path,
        `never holds: Sallyport has no ${missing}${inverted ? `, so under ${context.operator} it always counts as true` : ''}`,
        { code: 'unsupported-criterion' },
      );
      return ofCaller ? (input) => (isLoggedIn(input) ? unauthorized : unauthenticated) : () => unauthorized;
    },
  };
}
