import type { CompileContext, Criterion } from '../../language/criterion.ts';
import type { Reason } from '../../language/reasons.ts';
import type { JsonSchema } from '../../reference/json-schema.ts';
import { fail } from '../../language/verdict.ts';
import { isLoggedIn } from '../common/is-logged-in.ts';

type UnsupportedCriterionOptions = {
  readonly name: string;
  readonly reason: Reason;
  /** What there is none of here. */
  readonly missing: string;
  readonly data: string;
  readonly example: unknown;
  readonly schema: JsonSchema;
  /** About the caller: without a session the answer is to log in. */
  readonly ofCaller?: boolean;
  /** Reports what is wrong with the data. */
  readonly check: (data: unknown, context: CompileContext) => void;
};

const unauthenticated = fail('user-unauthenticated');

/**
 * Creates a criterion of Pomerium's language about something that does not exist here: it loads with a warning and
 * never holds.
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
      summary: `Never holds: Sallyport has no ${missing}. It loads with a warning, so that an existing policy need not be changed.`,
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
        `never holds: there is no ${missing} here${inverted ? `, so under ${context.operator} it always counts as true` : ''}`,
      );
      return ofCaller ? (input) => (isLoggedIn(input) ? unauthorized : unauthenticated) : () => unauthorized;
    },
  };
}
