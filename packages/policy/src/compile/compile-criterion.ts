import { criteria } from '../criteria/index.ts';
import type { CompileContext, EvaluateCriterion } from '../criterion.ts';
import { nearestName, quoteName } from './nearest-name.ts';
import { isPlainObject, kindOf } from './plain-object.ts';

const byName = new Map(criteria.map((criterion) => [criterion.name, criterion]));
const names = [...byName.keys()];

/** Splits `name/subpath`: at the first slash, unless the whole key is a name (as those of Kubernetes are). */
function lookUp(key: string) {
  const whole = byName.get(key);
  if (whole) return { criterion: whole, subpath: '' };
  const slash = key.indexOf('/');
  const criterion = slash < 0 ? undefined : byName.get(key.slice(0, slash));
  return { criterion, subpath: slash < 0 ? '' : key.slice(slash + 1) };
}

/** Compiles `{ "<name>[/<subpath>]": data }`; undefined after a fault. `context.path` leads to the criterion. */
export function compileCriterion(item: unknown, context: CompileContext): EvaluateCriterion | undefined {
  if (!isPlainObject(item)) {
    context.faults.add(context.path, `must be a mapping with one criterion, is ${kindOf(item)}`);
    return undefined;
  }
  const keys = Object.keys(item);
  const key = keys[0];
  if (key === undefined || keys.length > 1) {
    context.faults.add(context.path, `must have exactly one key, has ${keys.length}`, 'write each criterion as its own list item');
    return undefined;
  }
  const path = [...context.path, key];
  const { criterion, subpath } = lookUp(key);
  if (!criterion) {
    context.faults.add(path, `unknown criterion ${quoteName(key)}`, `did you mean ${nearestName(key, names)}?`);
    return undefined;
  }
  if (subpath !== '' && !criterion.takesSubpath) {
    context.faults.add(path, `the criterion ${criterion.name} takes nothing after a slash`, `write ${criterion.name}`);
    return undefined;
  }
  const before = context.faults.size;
  const compiled = criterion.compile(item[key], subpath, { ...context, path });
  // A criterion left out without a fault would widen the rule.
  if (!compiled && context.faults.size === before) context.faults.add(path, `the criterion ${criterion.name} cannot be compiled`);
  return compiled;
}
