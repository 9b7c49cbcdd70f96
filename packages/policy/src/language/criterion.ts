import type { Action, Operator } from './actions.ts';
import type { FaultList, FaultPath } from '../compile/fault-list.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { Reason } from './reasons.ts';
import type { JsonSchema } from '../reference/json-schema.ts';
import type { Verdict } from './verdict.ts';

/** A compiled criterion: judges one request. Must be total over every input. */
export type EvaluateCriterion = (input: PolicyInput) => Verdict;

/** Where a criterion stands in its document, and where it reports what is wrong with its data. */
export type CompileContext = {
  readonly scope: string;
  readonly action: Action;
  readonly operator: Operator;
  /** All criteria of the block as written, this one among them: each a mapping of its key to its data. */
  readonly beside: readonly object[];
  /** Leads to the criterion's data. */
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
};

/** What the reference says of a criterion; the example is compiled by a test. */
export type CriterionDoc = {
  /** When it holds, in a sentence or a few (Markdown). */
  readonly summary: string;
  /** The type of its data, in words (Markdown). */
  readonly data: string;
  /** Data as a YAML reader would give it. */
  readonly example: unknown;
  /** The key to write the example under, where that is more than the name. */
  readonly exampleKey?: string;
  /** How much work one evaluation may do, where that is bounded by more than the length of what is compared. */
  readonly limit?: string;
  /** The language that the criterion comes from. */
  readonly source: 'Pomerium' | 'Sallyport';
  /** Every reason that it can give. */
  readonly reasons: readonly Reason[];
};

/** One word of the language. */
export type Criterion = {
  readonly name: string;
  readonly doc: CriterionDoc;
  /** The JSON Schema of its data; `$ref` may lead to the shared definitions. */
  readonly schema: JsonSchema;
  /**
   * True if it tells people apart (who they are, not what they ask for): for whoever shows a rule only to those it is
   * about.
   */
  readonly ofPerson?: true;
  /** True if something may follow the name after a slash. */
  readonly takesSubpath?: boolean;
  /**
   * What of the request or the caller the criterion compares, for an explanation; not on the hot path. Undefined:
   * missing, or nothing to show.
   */
  readonly value?: (input: PolicyInput, subpath: string) => unknown;
  /** Undefined after having reported at least one fault. */
  compile(data: unknown, subpath: string, context: CompileContext): EvaluateCriterion | undefined;
};
