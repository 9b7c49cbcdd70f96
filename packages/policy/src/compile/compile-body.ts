import type { FaultList, FaultPath } from '../document/fault-list.ts';
import { nearestName, quoteName } from '../document/nearest-name.ts';
import { isPlainObject, kindOf } from '../document/plain-object.ts';
import type { Steps } from '../document/run-steps.ts';
import type { Alternative } from '../language/compiled-policy.ts';
import { operators, type Action, type Operator } from '../language/criterion.ts';
import { compileCriterion, type LabelledCriterion } from './compile-criterion.ts';

type BodyContext = {
  readonly scope: string;
  readonly action: Action;
  /** `<scope>[<index>].<action>` */
  readonly name: string;
  readonly path: FaultPath;
  readonly faults: FaultList;
  readonly warnings: FaultList;
};

function* compileBlock(data: unknown, operator: Operator, context: BodyContext): Steps<Alternative | undefined> {
  const path = [...context.path, operator];
  if (!Array.isArray(data)) {
    context.faults.add(path, `must be a list of criteria, not ${kindOf(data)}`);
    return undefined;
  }
  // An empty block is not an alternative: it is neither true nor gives a reason.
  if (data.length === 0) {
    context.warnings.add(path, 'is empty and has no effect', { code: 'empty-rule' });
    return undefined;
  }
  const kept: LabelledCriterion[] = [];
  const siblings = data.filter(isPlainObject);
  for (const [index, item] of data.entries()) {
    const criterion = compileCriterion(item, { ...context, operator, siblings, path: [...path, index] });
    if (criterion) kept.push(criterion);
    yield;
  }
  return {
    name: `${context.name}.${operator}`,
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
    context.faults.add(context.path, `must be a mapping of and, or, not, nor, not ${kindOf(body)}`);
    return [];
  }
  for (const key of Object.keys(body)) {
    if (operators.some((operator) => operator === key)) continue;
    context.faults.add(
      [...context.path, key],
      `unknown operator ${quoteName(key)}`,
      () => `did you mean ${nearestName(key, operators)}?`,
    );
  }
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
