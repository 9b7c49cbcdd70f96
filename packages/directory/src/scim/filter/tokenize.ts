import { ScimError } from '../errors/scim-error.ts';

export type Token =
  | { type: 'word'; text: string }
  | { type: 'text'; value: string }
  | { type: 'sign'; sign: '(' | ')' | '[' | ']' };

/** The longest filter or path that is read, in characters. */
export const maxFilterLength = 4096;

const wordEnd = /[\s()[\]"]/;

/** The place behind the string that begins at `from`; each character is looked at once. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw new ScimError(400, 'A string in the filter does not end.', 'invalidFilter');
}

function readString(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new ScimError(400, 'A string in the filter is not written as JSON writes strings.', 'invalidFilter');
  }
}

/** Takes a filter apart, in one pass. */
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
