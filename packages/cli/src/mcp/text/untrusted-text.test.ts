import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { neutralize, neutralizeLine } from './untrusted-text.ts';

describe('text of a cluster', () => {
  it.each([
    ['\u001b[31mred\u001b]0;title\u0007', '\\x1b[31mred\\x1b]0;title\\x07'],
    ['one\r\ntwo\rthree\tfour', 'one\ntwo\\x0dthree\tfour'],
    ['a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['tag\u{e0049}\u{e0047}', 'tag\\u{e0049}\\u{e0047}'],
    ['v\ufe0f\u{e0101}', 'v\\u{fe0f}\\u{e0101}'],
    ['zero\u200bwidth\ufeff\u00ad\u3164', 'zero\\u{200b}width\\u{feff}\\xad\\u{3164}'],
    ['line\u2028sep', 'line\\u{2028}sep'],
    ['private\ue000', 'private\\u{e000}'],
    ['half\ud800', 'half\ufffd'],
    ['Grüße, 世界 🎉', 'Grüße, 世界 🎉'],
  ])('%j becomes %j', (text, expected) => {
    expect(neutralize(text)).toBe(expected);
  });

  it('never has anything that is not seen, and keeps everything that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(neutralize(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '<', '>', '\n', '\t', 'Ä', '語') }), (text) => {
        expect(neutralize(text)).toBe(text);
      }),
    );
  });

  it('fits on one line if it must', () => {
    expect(neutralizeLine('a\n b\tc', 10)).toBe('a b c');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, length) => {
        const line = neutralizeLine(text, length);
        expect([line.length <= length, /\n/.test(line), line.isWellFormed()]).toEqual([true, false, true]);
      }),
    );
  });
});
