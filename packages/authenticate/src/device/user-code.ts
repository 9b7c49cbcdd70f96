/**
 * RFC 8628, 6.1: consonants only, so that codes form no words and no letter looks like a digit. 20^8 codes: 34 bits.
 */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;
/** Only bytes below this are used, so that all letters are equally likely. */
const fair = 256 - (256 % letters.length);

/** Generates a user code from random bytes in base64url. Returns undefined if too few of the bytes are usable. */
export function generateUserCode(random: string): string | undefined {
  const usable = [...Buffer.from(random, 'base64url')].filter((byte) => byte < fair);
  if (usable.length < length) return undefined;
  return usable
    .slice(0, length)
    .map((byte) => letters[byte % letters.length])
    .join('');
}

/** Normalizes a typed code: upper case, without spaces and hyphens. Returns undefined if it cannot be a code. */
export function parseUserCode(typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const code = typed.toUpperCase().replaceAll(/[\s\p{Dash}]/gu, '');
  return code.length === length && Array.from(code).every((letter) => letters.includes(letter)) ? code : undefined;
}

/** Formats a code for display: XXXX-XXXX. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}
