import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { JsonBytes } from './json-bytes.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom('\ud800', '\udc00\ud800', '\u2028', '"\\', '\u007f', '', 'x'.repeat(64), 'x'.repeat(65), '__proto__'),
);
const name = fc.oneof(text, fc.constantFrom('a', 'b', '1', '10', '9', 'é', 'é'));
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 1e21, 5e-324, 2 ** 53),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    number,
    fc.constantFrom(true, false, null, undefined),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    fc
      .dictionary(name, tie('value'), { maxKeys: 5 })
      .map((made) => Object.fromEntries(Object.entries(made).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
  ),
}));

describe('JSON as bytes', () => {
  it('is that of canonicalJson, for any value', () => {
    const bytes = new JsonBytes();
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (values) => {
        bytes.length = 0;
        bytes.json(values);
        expect(bytes.bytes.toString('utf8', 0, bytes.length)).toBe(canonicalJson(values));
      }),
      { numRuns: 2000 },
    );
  });

  it('grows with what is written, however long it is', () => {
    const bytes = new JsonBytes();
    const long = [...Array.from({ length: 5000 }, () => ({ a: 'ü'.repeat(20), b: 1.5 })), '€'.repeat(100_000)];
    bytes.json(long);
    expect(bytes.bytes.toString('utf8', 0, bytes.length)).toBe(canonicalJson(long));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, { a: 'x', b: [Number.NaN] }])('does not exist for %j', (broken) => {
    expect(() => new JsonBytes().json(broken)).toThrow(TypeError);
  });
});
