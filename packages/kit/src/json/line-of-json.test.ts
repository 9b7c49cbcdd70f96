import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lineOfJson } from './line-of-json.ts';

describe('a line of JSON', () => {
  it('is one line for every reader, without controls and marks of direction', () => {
    const odd = ['a\u2028b', 'a\u2029b', 'a\u0085b', '\u202egnp', '\u200b', '\u001b[2J', '\u009b31m', '\u007f'];
    const text = lineOfJson({ [odd[0]!]: odd });
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text)).toEqual({ [odd[0]!]: odd });
  });

  it('is the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(JSON.parse(lineOfJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
