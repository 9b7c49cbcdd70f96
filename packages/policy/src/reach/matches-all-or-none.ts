import { isPlainObject } from '../compile/plain-object.ts';

function ofOperator(operator: string, right: unknown): boolean | undefined {
  if (operator === 'contains' || operator === 'starts_with' || operator === 'ends_with')
    return right === '' ? true : undefined;
  if (operator !== 'in' && operator !== 'not_in') return undefined;
  return Array.isArray(right) && right.length === 0 ? operator === 'not_in' : undefined;
}

/**
 * Returns whether the data of a string matcher, or a list, matches every string (true) or none (false), if that is obvious;
 * undefined otherwise.
 */
export function matchesAllOrNone(data: unknown): boolean | undefined {
  if (Array.isArray(data)) return ofOperator('in', data);
  if (!isPlainObject(data)) return undefined;
  const all = Object.entries(data).map(([operator, right]) => ofOperator(operator, right));
  if (all.includes(false)) return false;
  return all.every((one) => one === true) ? true : undefined;
}
