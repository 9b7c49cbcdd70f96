import type { FaultList, FaultPath } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';
import type { Steps } from '../document/run-steps.ts';
import type { Alternative, RuleWords } from '../language/compiled-policy.ts';
import { operators, type Action, type Operator } from '../language/criterion.ts';
import { compileCriterion, type LabelledCriterion } from './compile-criterion.ts';

type BodyContext = {
  readonly scope: string;
  readonly action: Action;
  /** `<scope>[<index>].<action>` */
  readonly name: string;
  readonly words: RuleWords;
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
};

function* compileBlock(data: unknown, operator: Operator, context: BodyContext): Steps<Alternative | undefined> {
  const path = [...context.path, operator];
  if (!Array.isArray(data)) return context.faults.addKind(path, 'a list of criteria', data);
  // An empty block is not an alternative: it is neither true nor gives a reason.
  if (data.length === 0) return context.warnings.add(path, 'is empty and has no effect', { code: 'empty-rule' });
  const kept: LabelledCriterion[] = [];
  const siblings = data.filter(isPlainObject);
  for (const [index, item] of data.entries()) {
    const criterion = compileCriterion(item, { ...context, operator, siblings, path: [...path, index] });
    if (criterion) kept.push(criterion);
    yield;
  }
  return {
    name: `${context.name}.${operator}`,
    ruleName: context.words.ruleName,
    ruleMessage: context.words.ruleMessage,
    every: operator === 'and' || operator === 'not',
    invert: operator === 'not' || operator === 'nor',
    criteria: kept.map(({ evaluate }) => evaluate),
    labels: kept.map(({ label }) => label),
    data: kept.map((one) => one.data),
  };
}

/** Compiles the body of allow or deny. Each operator block becomes an alternative. */
export function* compileBody(body: unknown, context: BodyContext): Steps<Alternative[]> {
  if (!isPlainObject(body)) {
    context.faults.addKind(context.path, 'a mapping of and, or, not, nor', body);
    return [];
  }
  context.faults.addUnknownKeys(context.path, 'operator', body, operators);
  if (Object.keys(body).length === 0)
    context.warnings.add(context.path, 'is empty and has no effect', { code: 'empty-rule' });
  const alternatives: Alternative[] = [];
  for (const operator of operators) {
    if (!Object.hasOwn(body, operator)) continue;
    const alternative = yield* compileBlock(body[operator], operator, context);
    if (alternative) alternatives.push(alternative);
  }
  return alternatives;
}
