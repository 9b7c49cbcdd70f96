import { ScimError } from '../errors/scim-error.ts';

export type Token =
  | { type: 'word'; text: string }
  | { type: 'text'; value: string }
  | { type: 'sign'; sign: '(' | ')' | '[' | ']' };

/** The maximum length of a filter or path, in characters. */
export const maxFilterLength = 4096;

const wordEnd = /[\s()[\]"]/;

/** Returns the index after the string that begins at `from`. Visits each character once. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw new ScimError(400, 'A string in the filter has no closing quote.', 'invalidFilter');
}

function readString(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new ScimError(400, 'A string in the filter is not a valid JSON string.', 'invalidFilter');
  }
}

/** Splits a filter into tokens in one pass. */
export function tokenize(text: string): Token[] {
  if (text.length > maxFilterLength)
    throw new ScimError(400, `The filter is longer than ${maxFilterLength} characters.`, 'invalidFilter');
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (/\s/.test(character)) at += 1;
    else if (character === '(' || character === ')' || character === '[' || character === ']') {
      tokens.push({ type: 'sign', sign: character });
      at += 1;
    } else if (character === '"') {
      const end = endOfString(text, at);
      tokens.push({ type: 'text', value: readString(text.slice(at, end)) });
      at = end;
    } else {
      let end = at + 1;
      while (end < text.length && !wordEnd.test(text[end]!)) end += 1;
      tokens.push({ type: 'word', text: text.slice(at, end) });
      at = end;
    }
  }
  return tokens;
}
