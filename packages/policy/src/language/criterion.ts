import type { FaultList, FaultPath } from '../document/fault-list.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Reason } from './reasons.ts';
import type { Verdict } from './verdict.ts';

export const actions = ['allow', 'deny'] as const;

export type Action = (typeof actions)[number];

/** The operators in the order in which the alternatives of one rule are named and tried. */
export const operators = ['and', 'or', 'not', 'nor'] as const;

export type Operator = (typeof operators)[number];

/** A compiled criterion, which evaluates one request. It must not throw for any input. */
export type EvaluateCriterion = (input: PolicyInput) => Verdict;

/** The place of a criterion in its document, and the lists for its faults and warnings. */
export type CompileContext = {
  readonly scope: string;
  readonly action: Action;
  readonly operator: Operator;
  /** All criteria of the block as written, including this one: each a mapping of its key to its data. */
  readonly siblings: readonly object[];
  /** The path of the criterion's data. */
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
};

/** The reference documentation of a criterion. A test compiles the example. */
export type CriterionDoc = {
  /** When it holds, in a few sentences (Markdown). */
  readonly summary: string;
  /** The type of its data (Markdown). */
  readonly data: string;
  /** Data as a YAML reader would return it. */
  readonly example: unknown;
  /** The key of the example, if it is more than the name. */
  readonly exampleKey?: string;
  /** The limit of one evaluation, if there is one in addition to the length of the compared values. */
  readonly limit?: string;
  /** The language that the criterion comes from. */
  readonly source: 'Pomerium' | 'Sallyport';
  /** Every reason that it can have. */
  readonly reasons: readonly Reason[];
};

/** One criterion of the language. */
export type Criterion = {
  readonly name: string;
  readonly doc: CriterionDoc;
  /** The JSON Schema of its data; `$ref` may lead to the shared definitions. */
  readonly schema: JsonSchema;
  /**
   * True if it distinguishes users, by who they are and not by what they request. Explanations show users only the
   * rules that are about them.
   */
  readonly ofPerson?: true;
  /** True if the name can be followed by a slash and a path. */
  readonly takesSubpath?: boolean;
  /**
   * Returns the value of the request or the caller that the criterion compares, for explanations; not on the hot path.
   * Undefined if it is missing or there is nothing to show.
   */
  readonly value?: (input: PolicyInput, subpath: string) => unknown;
  /** Compiles data. Returns undefined after reporting at least one fault. */
  compile(data: unknown, subpath: string, context: CompileContext): EvaluateCriterion | undefined;
};
