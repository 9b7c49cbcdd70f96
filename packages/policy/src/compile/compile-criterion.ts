import { criterionNames, findCriterion } from '../criteria/find-criterion.ts';
import { isPlainObject } from '../document/plain-object.ts';
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
  const { faults } = context;
  if (!isPlainObject(item)) return faults.addKind(context.path, 'a mapping with one criterion', item);
  const keys = Object.keys(item);
  const label = keys[0];
  if (label === undefined || keys.length > 1)
    return faults.add(
      context.path,
      `must have exactly one key, has ${keys.length}`,
      'write each criterion as a separate list item',
    );
  const path = [...context.path, label];
  const { criterion, subpath } = findCriterion(label);
  if (!criterion) return faults.addUnknown(path, 'criterion', label, criterionNames);
  if (subpath !== '' && !criterion.takesSubpath)
    return faults.add(
      path,
      `the criterion ${criterion.name} does not take a path after a slash`,
      `write ${criterion.name}`,
    );
  const elsewhere = whyNotIn(context.scope, criterion.name);
  if (elsewhere) return faults.add(path, elsewhere.message, elsewhere.hint);
  const before = faults.size;
  const data = item[label];
  const evaluate = criterion.compile(data, subpath, { ...context, path });
  // Leaving out a criterion without a fault would widen the rule.
  if (!evaluate && faults.size === before) faults.add(path, `the criterion ${criterion.name} cannot be compiled`);
  return evaluate && { label, data, evaluate };
}
