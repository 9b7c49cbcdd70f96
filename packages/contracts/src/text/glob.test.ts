import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from './glob.ts';

/** The meaning of the pattern, implemented slowly: tries every split. */
function slowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return text !== '' && text[0] === pattern[0] && slowly(pattern.slice(1), text.slice(1));
  for (let skip = 0; skip <= text.length; skip += 1) if (slowly(pattern.slice(1), text.slice(skip))) return true;
  return false;
}

describe('the glob', () => {
  it('treats everything but * literally', () => {
    expect(compileGlob('a.c')('abc')).toBe(false);
    expect(compileGlob('[a]?')('[a]?')).toBe(true);
    expect(compileGlob('')('')).toBe(true);
    expect(compileGlob('')('x')).toBe(false);
    expect(compileGlob('**')('anything, with a comma')).toBe(true);
  });

  it('does not match the beginning and the end of a pattern with the same text', () => {
    expect(compileGlob('ab*ba')('aba')).toBe(false);
    expect(compileGlob('ab*b*ba')('abba')).toBe(false);
    expect(compileGlob('ab*ba')('abba')).toBe(true);
  });

  it('agrees with trying every split', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((all) => all.join(''));
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters, text, (pattern, subject) => compileGlob(pattern)(subject) === slowly(pattern, subject)),
      { numRuns: 1000 },
    );
  });

  it('answers at once where a backtracking matcher would not finish', () => {
    expect(compileGlob('*a'.repeat(40) + 'b')('a'.repeat(100_000))).toBe(false);
  });
});
