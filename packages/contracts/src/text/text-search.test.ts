import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from './glob.ts';
import { createTextSearch } from './text-search.ts';

/** A string that counts how often its characters are read. */
function counted(text: string) {
  let looks = 0;
  const fake = {
    length: text.length,
    charCodeAt: (at: number) => {
      looks += 1;
      return text.charCodeAt(at);
    },
    startsWith: (piece: string) => {
      looks += piece.length;
      return text.startsWith(piece);
    },
    endsWith: (piece: string) => {
      looks += piece.length;
      return text.endsWith(piece);
    },
  };
  return { text: fake as unknown as string, looks: () => looks };
}
/** Worst cases for searches that compare from the end, and for those that backtrack. */
const worst = (length: number) => `${'a'.repeat(length / 2)}b${'a'.repeat(length / 2)}`;

describe('searching a text', () => {
  it('finds what indexOf finds, for a piece of any length', () => {
    const few = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b'), maxLength });
    fc.assert(
      fc.property(
        few(300),
        few(80),
        fc.nat(50),
        (text, piece, from) => createTextSearch(piece)(text, from) === text.indexOf(piece, from),
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(
        few(200),
        fc.nat(150),
        (text, start) => createTextSearch(text.slice(start))(text, 0) === text.indexOf(text.slice(start)),
      ),
    );
    const long = worst(200);
    expect(createTextSearch(long)(`${'a'.repeat(500)}b${'a'.repeat(500)}`, 0)).toBe(400);
  });

  it('reads each character of the text once, for a piece of any length', () => {
    for (const length of [1000, 2000, 4000, 8000]) {
      for (const pieceLength of [100, 400]) {
        const subject = counted('a'.repeat(length));
        expect(createTextSearch(worst(pieceLength))(subject.text, 0)).toBe(-1);
        expect(subject.looks()).toBe(length);
      }
    }
  });
});

describe('the time of a glob', () => {
  it('grows with the text only, with any number of stars', () => {
    const looksFor = (stars: number, length: number) => {
      const subject = counted('a'.repeat(length));
      expect(compileGlob(`${`*${worst(70)}`.repeat(stars)}*`)(subject.text)).toBe(false);
      return subject.looks();
    };
    for (const stars of [1, 2, 8, 32])
      for (const length of [1000, 2000, 4000]) expect(looksFor(stars, length)).toBe(length);
  });

  it('does not read again what matched', () => {
    const piece = worst(70);
    const looksFor = (count: number) => {
      const subject = counted(piece.repeat(count));
      expect(compileGlob(`${`*${piece}`.repeat(count)}*x`)(subject.text)).toBe(false);
      expect(compileGlob(`${`*${piece}`.repeat(count)}*`)(subject.text)).toBe(true);
      return subject.looks();
    };
    expect(looksFor(40)).toBeLessThanOrEqual(2 * looksFor(20) + 2);
  });
});
