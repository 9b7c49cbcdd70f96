import { domainToUnicode } from 'node:url';
import { isPlainObject } from '../document/plain-object.ts';
import type { CompileContext } from '../language/criterion.ts';

/**
 * Converts to upper case first, which unifies letters with several lower-case forms (`σ`, `ς`) or compatibility forms
 * (`ſ`).
 */
function foldLetters(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i')
    .replaceAll('\u3002', '.');
}

const isAscii = (text: string) => /^[\u0000-\u007f]*$/.test(text);

/**
 * Folds an email address, or a part of one, so that spellings that mail servers and the DNS treat alike become equal:
 * case, forms of a letter, and the two spellings of an international domain.
 */
function foldAddress(text: string): string {
  const folded = isAscii(text) ? text.toLowerCase() : foldLetters(text);
  return folded.includes('xn--')
    ? foldLetters(folded.replace(/(?<=^|[.@])xn--[a-z0-9-]+/g, (label) => domainToUnicode(label) || label))
    : folded;
}

/** Folds a whole address or domain, and removes the dot at its end, which the DNS reads as the root. */
export function foldWholeAddress(text: string): string {
  const folded = foldAddress(text);
  return folded.endsWith('.') ? folded.replace(/(?<!\.)\.+$/, '') : folded;
}

/** Returns the data of a matcher with every string folded like an address. */
export function foldData(data: unknown): unknown {
  if (typeof data === 'string') return foldAddress(data);
  if (Array.isArray(data)) return data.map(foldData);
  return isPlainObject(data)
    ? Object.fromEntries(Object.entries(data).map(([operator, right]) => [operator, foldData(right)]))
    : data;
}

/**
 * Combines two matchers over an address, one for the address as written and one for the folded address. Mail servers
 * and the DNS ignore case, among other things, so a caller could use another spelling of the same address. A deny holds
 * if either spelling makes it hold. `not` and `nor` invert that.
 */
export function eitherSpelling<L>(
  asWritten: (left: L) => boolean,
  folded: (left: L) => boolean,
  { operator }: Pick<CompileContext, 'operator'>,
): (left: L) => boolean {
  const inverted = operator === 'not' || operator === 'nor';
  return inverted ? (left) => asWritten(left) && folded(left) : (left) => asWritten(left) || folded(left);
}
