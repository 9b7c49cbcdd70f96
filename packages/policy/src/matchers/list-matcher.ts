import type { FaultList, FaultPath } from '../compile/fault-list.ts';
import { nearestName, quoteName } from '../compile/nearest-name.ts';
import { isPlainObject, kindOf } from '../compile/plain-object.ts';

/** True if the list on the left matches; a missing list is an empty one (so is a string, in which `includes` would find parts of words). */
export type ListMatcher = (left: readonly string[] | undefined) => boolean;
type Test = (left: readonly string[]) => boolean;

const tests: Record<string, (right: string) => Test> = {
  has: (right) => (left) => left.includes(right),
  is: (right) => (left) => left.length === 1 && left[0] === right,
  exclude: (right) => (left) => !left.includes(right),
};
const operatorNames = Object.keys(tests);
const none: readonly string[] = [];

function compileOperator(operator: string, data: unknown, path: FaultPath, faults: FaultList): Test | undefined {
  if (!Object.hasOwn(tests, operator)) {
    faults.add(path, `unknown list matcher ${quoteName(operator)}`, () => `did you mean ${nearestName(operator, operatorNames)}?`);
    return undefined;
  }
  if (typeof data === 'string') return tests[operator]!(data);
  faults.add(path, `must be a string, is ${kindOf(data)}`);
  return undefined;
}

/** Compiles the data of a list matcher: a string (`has`), or a mapping of operators that must all hold. Undefined after a fault. */
export function compileListMatcher(data: unknown, path: FaultPath, faults: FaultList): ListMatcher | undefined {
  if (typeof data === 'string') return (left) => Array.isArray(left) && left.includes(data);
  if (!isPlainObject(data)) {
    faults.add(path, `must be a string or a mapping of list matchers, is ${kindOf(data)}`);
    return undefined;
  }
  const keys = Object.keys(data);
  if (keys.length === 0) faults.add(path, 'needs at least one list matcher', `one of ${operatorNames.join(', ')}`);
  const compiled = keys.map((key) => compileOperator(key, data[key], [...path, key], faults));
  if (keys.length === 0 || compiled.includes(undefined)) return undefined;
  const all = compiled as Test[];
  return (left) => {
    const list = Array.isArray(left) ? (left as readonly string[]) : none;
    return all.every((test) => test(list));
  };
}
