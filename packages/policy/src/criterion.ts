import type { Action, Operator } from './compiled-policy.ts';
import type { FaultList, FaultPath } from './compile/fault-list.ts';
import type { PolicyInput } from './policy-input.ts';
import type { Verdict } from './verdict.ts';

/** A compiled criterion: judges one request. Must be total over every input. */
export type EvaluateCriterion = (input: PolicyInput) => Verdict;

/** Where a criterion stands in its document, and where it reports what is wrong with its data. */
export type CompileContext = {
  readonly scope: string;
  readonly action: Action;
  readonly operator: Operator;
  /** Leads to the criterion's data. */
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
};

/** One word of the language. */
export type Criterion = {
  readonly name: string;
  /** True if something may follow the name after a slash. */
  readonly takesSubpath?: boolean;
  /** What of the request or the caller the criterion compares, for an explanation; not on the hot path. Undefined: missing, or nothing to show. */
  readonly value?: (input: PolicyInput, subpath: string) => unknown;
  /** Undefined after having reported at least one fault. */
  compile(data: unknown, subpath: string, context: CompileContext): EvaluateCriterion | undefined;
};
