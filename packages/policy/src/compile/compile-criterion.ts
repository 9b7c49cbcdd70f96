import { criterionNames, findCriterion } from '../criteria/find-criterion.ts';
import { nearestName, quoteName } from '../document/nearest-name.ts';
import { isPlainObject, kindOf } from '../document/plain-object.ts';
import { whyNotIn } from '../language/applies-in.ts';
import type { CompileContext, EvaluateCriterion } from '../language/criterion.ts';

/** A criterion with its key and data as written. */
export type LabelledCriterion = {
  readonly label: string;
  readonly data: unknown;
  readonly evaluate: EvaluateCriterion;
};

/**
 * Compiles `{ "<name>[/<subpath>]": data }`. Returns undefined after a fault. `context.path` is that of the criterion.
 */
export function compileCriterion(item: unknown, context: CompileContext): LabelledCriterion | undefined {
  if (!isPlainObject(item)) {
    context.faults.add(context.path, `must be a mapping with one criterion, not ${kindOf(item)}`);
    return undefined;
  }
  const keys = Object.keys(item);
  const label = keys[0];
  if (label === undefined || keys.length > 1) {
    context.faults.add(
      context.path,
      `must have exactly one key, has ${keys.length}`,
      'write each criterion as a separate list item',
    );
    return undefined;
  }
  const path = [...context.path, label];
  const { criterion, subpath } = findCriterion(label);
  if (!criterion) {
    context.faults.add(
      path,
      `unknown criterion ${quoteName(label)}`,
      () => `did you mean ${nearestName(label, criterionNames)}?`,
    );
    return undefined;
  }
  if (subpath !== '' && !criterion.takesSubpath) {
    context.faults.add(
      path,
      `the criterion ${criterion.name} does not take a path after a slash`,
      `write ${criterion.name}`,
    );
    return undefined;
  }
  const elsewhere = whyNotIn(context.scope, criterion.name);
  if (elsewhere) {
    context.faults.add(path, elsewhere.message, elsewhere.hint);
    return undefined;
  }
  const before = context.faults.size;
  const data = item[label];
  const evaluate = criterion.compile(data, subpath, { ...context, path });
  // Leaving out a criterion without a fault would widen the rule.
  if (!evaluate && context.faults.size === before)
    context.faults.add(path, `the criterion ${criterion.name} cannot be compiled`);
  return evaluate && { label, data, evaluate };
}
