import type { PolicyInput } from '../input/policy-input.ts';

/** One row of the table: key, data of the criterion, input, whether it holds, reason. */
export type Row = [key: string, data: unknown, input: PolicyInput, holds: boolean, reason: string];

export const session = { id: 's' };
export const anonymous: PolicyInput = {};

/** Each operator of a string matcher, with a string that it matches and one that it does not. */
export const stringOperators: [data: unknown, matching: string, other: string][] = [
  ['abc', 'abc', 'Abc'],
  [{ is: 'abc' }, 'abc', 'abcd'],
  [{ not: 'abc' }, 'abd', 'abc'],
  [{ contains: 'b' }, 'abc', 'aBc'],
  [{ starts_with: 'ab' }, 'abc', 'cab'],
  [{ ends_with: 'bc' }, 'abc', 'bca'],
  [{ in: ['x', 'abc'] }, 'abc', 'ab'],
  [{ not_in: ['x', 'y'] }, 'abc', 'x'],
  [{ starts_with: 'a', ends_with: 'c', not: 'aXc' }, 'abc', 'aXc'],
];

/**
 * Each operator of a list matcher, with a list that it matches, one that it does not, and its result for a missing
 * list.
 */
const listOperators: [data: unknown, matching: unknown, other: unknown, missing: boolean][] = [
  ['a', ['b', 'a'], ['b', 'ab'], false],
  [{ has: 'a' }, ['a'], [], false],
  [{ is: 'a' }, ['a'], ['a', 'b'], false],
  [{ exclude: 'a' }, ['b'], ['b', 'a'], true],
  [{ has: 'a', exclude: 'b' }, ['a', 'c'], ['a', 'b'], false],
];

/** Returns the rows of a string matcher for each operator. */
export function textRows(
  key: string,
  reason: string,
  put: (text: string) => PolicyInput,
  missing: PolicyInput[],
  loggedOut?: PolicyInput,
): Row[] {
  return stringOperators.flatMap(([data, matching, other]): Row[] => [
    [key, data, put(matching), true, `${reason}-ok`],
    [key, data, put(other), false, `${reason}-unauthorized`],
    ...missing.map((input): Row => [key, data, input, false, `${reason}-unauthorized`]),
    ...(loggedOut ? [[key, data, loggedOut, false, 'user-unauthenticated'] as Row] : []),
  ]);
}

/** Returns the rows of a list matcher for each operator. */
export function listRows(
  key: string,
  reason: string,
  put: (list: unknown) => PolicyInput,
  missing: PolicyInput,
  loggedOut: PolicyInput,
): Row[] {
  return listOperators.flatMap(([data, matching, other, ofMissing]): Row[] => [
    [key, data, put(matching), true, `${reason}-ok`],
    [key, data, put(other), false, `${reason}-unauthorized`],
    [key, data, missing, ofMissing, ofMissing ? `${reason}-ok` : `${reason}-unauthorized`],
    [key, data, loggedOut, false, 'user-unauthenticated'],
  ]);
}

export const kubernetes = (members: PolicyInput['kubernetes']): PolicyInput => ({ kubernetes: members });
export const ofUser = (user: PolicyInput['user']): PolicyInput => ({ session, user });
