import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

describe('the canonical form', () => {
  it('is that of the example of RFC 8785', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as object;
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts by UTF-16 code units', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, 1: 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7, 10: 8, 9: 9 };
    const names = Object.keys(JSON.parse(canonicalJson(value)) as object);
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"10":8,"9":9,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    expect(names).toHaveLength(9);
  });

  it('leaves out undefined members, and replaces lone surrogates', () => {
    expect(canonicalJson({ a: undefined, b: ['\ud83d', '\\ud83d'] })).toBe('{"b":["\ufffd","\\\\ud83d"]}');
    expect(canonicalJson({ b: 1, a: '\udc00' })).toBe('{"a":"\ufffd","b":1}');
  });

  it.each([Number.NaN, Infinity])('refuses %p', (number) => {
    expect(() => canonicalJson({ a: [number] })).toThrow(TypeError);
    expect(() => canonicalJson({ b: 1, a: [number] })).toThrow(TypeError);
  });

  it('is that of another implementation, and stays the same when it is parsed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), (value) => {
        const text = canonicalJson(value);
        expect(text).toBe(canonicalize(value));
        expect(canonicalJson(JSON.parse(text) as object)).toBe(text);
      }),
    );
  });
});
