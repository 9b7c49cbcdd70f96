import { isLoggedIn, type PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext, Criterion, CriterionDoc } from '../../language/criterion.ts';
import { type PlainCriterionName, plainReasons } from '../../language/reasons.ts';
import { fail, pass } from '../../language/verdict.ts';

/** What makes a criterion that holds or does not. */
export type PlainCriterion = Omit<Criterion, 'name' | 'doc' | 'compile'> & {
  readonly name: PlainCriterionName;
  /** Whether it is about the caller, so that a request without a session is asked to log in. */
  readonly ofCaller?: boolean;
  readonly doc: Omit<CriterionDoc, 'reasons'>;
  /** Compiles data to a test of the input. Returns undefined after reporting at least one fault. */
  compile(data: unknown, subpath: string, context: CompileContext): ((input: PolicyInput) => boolean) | undefined;
};

const unauthenticated = fail('user-unauthenticated');

/** Creates a criterion that holds or does not, and is never open. Its reasons follow from its name. */
export function createPlainCriterion({ ofCaller = false, doc, compile, ...more }: PlainCriterion): Criterion {
  const reasons = plainReasons(more.name);
  const [ok, unauthorized] = [pass(reasons[0]), fail(reasons[1])];
  return {
    ...more,
    doc: { ...doc, reasons: ofCaller ? [...reasons, 'user-unauthenticated'] : reasons },
    compile(data, subpath, context) {
      const test = compile(data, subpath, context);
      if (!test) return undefined;
      if (!ofCaller) return (input) => (test(input) ? ok : unauthorized);
      return (input) => {
        if (!isLoggedIn(input)) return unauthenticated;
        return test(input) ? ok : unauthorized;
      };
    },
  };
}
