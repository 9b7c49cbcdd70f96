import { FaultList, type FaultPath } from '../document/fault-list.ts';
import { isPlainObject } from '../document/plain-object.ts';
import { compileTextOrList, type StringMatcher } from './string-matcher.ts';

/** A text in the data of a string matcher, with its path in the data. */
type NamedText = { readonly text: string; readonly path: FaultPath };

const isText = (value: unknown): value is string => typeof value === 'string';
const eachOf = (list: readonly unknown[], path: FaultPath): NamedText[] =>
  list.flatMap((text, index) => (isText(text) ? [{ text, path: [...path, index] }] : []));

/** Returns the texts that a string matcher or a list compares for equality: those of `is`, `not`, `in` and `not_in`. */
export function namedTexts(data: unknown): NamedText[] {
  if (isText(data)) return [{ text: data, path: [] }];
  if (Array.isArray(data)) return eachOf(data, []);
  if (!isPlainObject(data)) return [];
  return Object.entries(data).flatMap(([operator, right]) => {
    if ((operator === 'is' || operator === 'not') && isText(right)) return [{ text: right, path: [operator] }];
    return (operator === 'in' || operator === 'not_in') && Array.isArray(right) ? eachOf(right, [operator]) : [];
  });
}

/** Compiles a string matcher or a list that has compiled before. */
export function textMatcherOf(data: unknown): StringMatcher {
  return compileTextOrList(data, [], new FaultList()) ?? (() => false);
}

/** Returns all the texts that a string matcher or a list can match; undefined if there is no end to them. */
export function finiteTexts(data: unknown): readonly string[] | undefined {
  if (isText(data)) return [data];
  if (Array.isArray(data)) return data.filter(isText);
  if (!isPlainObject(data)) return undefined;
  const some = isText(data.is) ? [data.is] : Array.isArray(data.in) ? data.in.filter(isText) : undefined;
  return some?.filter(textMatcherOf(data));
}
