import { domainToUnicode } from 'node:url';

/** Upper case first: what has several small letters (`σ`, `ς`) or none of its own (`ſ`) is one letter then. */
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
 * An e-mail address, or a part of one, without what mail servers and the DNS do not tell apart: case, the forms of a
 * letter, and the two ways to write an international domain.
 */
export function foldAddress(text: string): string {
  const folded = isAscii(text) ? text.toLowerCase() : foldLetters(text);
  return folded.includes('xn--')
    ? foldLetters(folded.replace(/(?<=^|[.@])xn--[a-z0-9-]+/g, (label) => domainToUnicode(label) || label))
    : folded;
}

/** The same of a whole address or domain, without the dot at its end that the DNS takes for the root. */
export function foldWholeAddress(text: string): string {
  const folded = foldAddress(text);
  return folded.endsWith('.') ? folded.replace(/(?<!\.)\.+$/, '') : folded;
}
