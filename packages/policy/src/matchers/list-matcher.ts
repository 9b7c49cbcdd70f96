import type { FaultList, FaultPath } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';

type Scalar = string | number | boolean;

/**
 * Reports whether the list on the left matches. Anything else counts as an empty list, including a string, in which
 * `includes` would find parts of words. With `scalars`, a single value on the left counts as a list of one.
 */
export type ListMatcher = (left: unknown) => boolean;
type Test = { readonly list: (left: readonly unknown[]) => boolean; readonly one: (left: unknown) => boolean };

const tests: Record<string, (right: Scalar) => Test> = {
  has: (right) => ({ list: (left) => left.includes(right), one: (left) => left === right }),
  is: (right) => ({ list: (left) => left.length === 1 && left[0] === right, one: (left) => left === right }),
  exclude: (right) => ({ list: (left) => !left.includes(right), one: (left) => left !== right }),
};

/** The operators of a list matcher. */
export const listOperators: readonly string[] = Object.keys(tests);

const none: readonly unknown[] = [];
const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function compileOperator(operator: string, data: unknown, context: Context): Test | undefined {
  const path = [...context.path, operator];
  if (!Object.hasOwn(tests, operator)) return context.faults.addUnknown(path, 'list matcher', operator, listOperators);
  if (typeof data === 'string' || (context.scalars && isScalar(data))) return tests[operator]!(data as Scalar);
  return context.faults.addKind(path, context.scalars ? 'a string, number or boolean' : 'a string', data);
}

type Context = { readonly path: FaultPath; readonly faults: FaultList; readonly scalars: boolean };

/** Compiles one operator of a list matcher over scalars. Returns undefined after reporting a fault. */
export function compileListOperator(
  operator: string,
  data: unknown,
  path: FaultPath,
  faults: FaultList,
): ListMatcher | undefined {
  const test = compileOperator(operator, data, { path, faults, scalars: true });
  return test && matcherOf([test], true);
}

function matcherOf(all: readonly Test[], scalars: boolean): ListMatcher {
  return (left) => {
    const isList = Array.isArray(left);
    if (!isList && scalars && isScalar(left)) {
      for (let index = 0; index < all.length; index += 1) if (!all[index]!.one(left)) return false;
      return true;
    }
    const list = isList ? (left as readonly unknown[]) : none;
    for (let index = 0; index < all.length; index += 1) if (!all[index]!.list(list)) return false;
    return true;
  };
}

/**
 * Compiles the data of a list matcher: a string (`has`), or a mapping of operators that must all hold. Returns
 * undefined after reporting a fault. `scalars`: numbers and booleans are allowed, and equal only numbers and booleans.
 */
export function compileListMatcher(
  data: unknown,
  path: FaultPath,
  faults: FaultList,
  { scalars = false } = {},
): ListMatcher | undefined {
  if (typeof data === 'string' || (scalars && isScalar(data))) return matcherOf([tests.has!(data as Scalar)], scalars);
  if (!isPlainObject(data)) {
    const what = `${scalars ? 'a string, number, boolean' : 'a string'} or a mapping of list matchers`;
    return faults.addKind(
      path,
      what,
      data,
      Array.isArray(data) ? 'write one criterion for each value under or' : undefined,
    );
  }
  const keys = Object.keys(data);
  if (keys.length === 0) faults.add(path, 'needs at least one list matcher', `one of ${listOperators.join(', ')}`);
  const compiled = keys.map((key) => compileOperator(key, data[key], { path, faults, scalars }));
  if (keys.length === 0 || compiled.includes(undefined)) return undefined;
  return matcherOf(compiled as Test[], scalars);
}
