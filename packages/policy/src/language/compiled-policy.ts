import type { EvaluateCriterion } from './criterion.ts';

/** What a rule says about itself. Each is undefined if the rule does not have it. */
export type RuleWords = {
  /** Its name, which is unique in its document. */
  readonly ruleName?: string | undefined;
  /** What the people read whom it refuses. */
  readonly ruleMessage?: string | undefined;
};

/** One operator block. All blocks with the same action, of all rules, are alternatives. */
export type Alternative = RuleWords & {
  /** `<scope>[<index>].<action>.<operator>` */
  readonly name: string;
  /** `and`, `not`: all parts must hold. `or`, `nor`: one is enough. */
  readonly every: boolean;
  /** `not`, `nor`: a part holds if its criterion does not. */
  readonly invert: boolean;
  readonly criteria: readonly EvaluateCriterion[];
  /** The key of each criterion as written, in the same order, for explanations. */
  readonly labels: readonly string[];
  /** The data of each criterion as written: the document's own values, not copies. */
  readonly data: readonly unknown[];
};

/** A policy document that is ready to be evaluated. */
export type CompiledPolicy = {
  readonly scope: string;
  readonly ruleCount: number;
  readonly allow: readonly Alternative[];
  readonly deny: readonly Alternative[];
};
