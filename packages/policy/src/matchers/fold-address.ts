import { domainToUnicode } from 'node:url';

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
export function foldAddress(text: string): string {
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
