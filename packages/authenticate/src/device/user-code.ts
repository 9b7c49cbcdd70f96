/** RFC 8628, 6.1: consonants only, so that no words come of them and none is taken for a digit. 20^8 codes: 34 bits. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;
/** Bytes below this give each letter the same chance. */
const fair = 256 - (256 % letters.length);

/**
 * A code for a person to read and type, of random bytes in base64url; undefined if too many of them had to be passed
 * over.
 */
export function userCodeFrom(random: string): string | undefined {
  const usable = [...Buffer.from(random, 'base64url')].filter((byte) => byte < fair);
  if (usable.length < length) return undefined;
  return usable
    .slice(0, length)
    .map((byte) => letters[byte % letters.length])
    .join('');
}

/**
 * What a person typed, as the code is kept: upper case, without blanks and hyphens. Undefined if it could not be a
 * code.
 */
export function readUserCode(typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const code = typed.toUpperCase().replaceAll(/[\s\p{Dash}]/gu, '');
  return code.length === length && Array.from(code).every((letter) => letters.includes(letter)) ? code : undefined;
}

/** The code as people see it: XXXX-XXXX. */
export function showUserCode(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}
