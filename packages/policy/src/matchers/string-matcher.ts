import { createTextSearch } from '@sallyport/contracts';
import type { FaultList, FaultPath } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';

/** Reports whether the string on the left matches. A missing value or another type matches nothing, not even `not`. */
export type StringMatcher = (left: string | undefined) => boolean;
type Test = (left: string) => boolean;

const textTests: Record<string, (right: string) => Test> = {
  is: (right) => (left) => left === right,
  not: (right) => (left) => left !== right,
  contains: (right) => {
    const search = createTextSearch(right);
    return (left) => search(left, 0) >= 0;
  },
  starts_with: (right) => (left) => left.startsWith(right),
  ends_with: (right) => (left) => left.endsWith(right),
};
const listTests: Record<string, (right: readonly string[]) => Test> = {
  in: (right) => membership(right),
  not_in: (right) => {
    const among = membership(right);
    return (left) => !among(left);
  },
};

/** The operators of a string matcher. */
export const stringOperators: readonly string[] = [...Object.keys(textTests), ...Object.keys(listTests)];

function membership(right: readonly string[]): Test {
  if (right.length < 8) return (left) => right.includes(left);
  const set = new Set(right);
  return (left) => set.has(left);
}

/** Returns a hint for data that is not a string. */
function quoteHint(data: unknown): string | undefined {
  if (Array.isArray(data)) return 'to match one of several, write {in: [...]}';
  return typeof data === 'number' || typeof data === 'boolean' ? 'put it in quotes' : undefined;
}

/** Compiles one operator of a string matcher. Returns undefined after reporting a fault. */
export function compileStringOperator(
  operator: string,
  data: unknown,
  path: FaultPath,
  faults: FaultList,
): Test | undefined {
  if (Object.hasOwn(textTests, operator)) {
    if (typeof data === 'string') return textTests[operator]!(data);
    return faults.addKind(path, 'a string', data, quoteHint(data));
  }
  if (!Object.hasOwn(listTests, operator)) return faults.addUnknown(path, 'string matcher', operator, stringOperators);
  const right = readStrings(data, path, faults);
  return right && listTests[operator]!(right);
}

/** Reads a list of strings. Returns undefined after reporting a fault. */
export function readStrings(data: unknown, path: FaultPath, faults: FaultList): readonly string[] | undefined {
  if (!Array.isArray(data)) return faults.addKind(path, 'a list of strings', data);
  const bad = data.findIndex((item) => typeof item !== 'string');
  if (bad < 0) return data as string[];
  return faults.addKind([...path, bad], 'a string', data[bad], quoteHint(data[bad]));
}

/** Reads one name or a list of names, at least one. Returns undefined after reporting a fault. */
export function readNames(
  data: unknown,
  what: string,
  path: FaultPath,
  faults: FaultList,
): readonly string[] | undefined {
  if (typeof data === 'string') return [data];
  if (!Array.isArray(data)) return faults.addKind(path, `the name of ${what} or a list of names`, data);
  const names = readStrings(data, path, faults);
  return names?.length === 0 ? faults.add(path, 'needs at least one name') : names;
}

/**
 * Compiles the data of a string matcher: a string (`is`), or a mapping of operators that must all hold. Returns
 * undefined after reporting a fault.
 */
export function compileStringMatcher(data: unknown, path: FaultPath, faults: FaultList): StringMatcher | undefined {
  if (typeof data === 'string') return (left) => left === data;
  if (!isPlainObject(data))
    return faults.addKind(path, 'a string or a mapping of string matchers', data, quoteHint(data));
  const keys = Object.keys(data);
  if (keys.length === 0) faults.add(path, 'needs at least one string matcher', `one of ${stringOperators.join(', ')}`);
  const tests = keys.map((key) => compileStringOperator(key, data[key], [...path, key], faults));
  if (keys.length === 0 || tests.includes(undefined)) return undefined;
  const all = tests as Test[];
  const only = all[0]!;
  if (all.length === 1) return (left) => typeof left === 'string' && only(left);
  return (left) => {
    if (typeof left !== 'string') return false;
    for (let index = 0; index < all.length; index += 1) if (!all[index]!(left)) return false;
    return true;
  };
}

/**
 * Compiles the data of a string matcher, or a bare list of strings, which is short for `in`. Returns undefined after
 * reporting a fault.
 */
export function compileTextOrList(data: unknown, path: FaultPath, faults: FaultList): StringMatcher | undefined {
  if (!Array.isArray(data)) return compileStringMatcher(data, path, faults);
  const right = readStrings(data, path, faults);
  const test = right && membership(right);
  return test && ((left) => typeof left === 'string' && test(left));
}
