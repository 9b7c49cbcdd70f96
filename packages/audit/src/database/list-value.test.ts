import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeList, ListValue } from './list-value.ts';

describe('encodeList', () => {
  it('writes texts as array_recv reads them: the dimension, whether there are nulls, the type, the items', () => {
    expect(encodeList(ListValue.texts(['a"', null, 'ü', ''])).toString('hex')).toBe(
      ['00000001', '00000001', '00000019', '00000004', '00000001']
        .concat('00000002', '6122', 'ffffffff', '00000002', 'c3bc', '00000000')
        .join(''),
    );
  });

  it('writes integers in 64 bits, exactly', () => {
    const items = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)];
    const bytes = encodeList(ListValue.integers(items));
    expect(bytes.subarray(0, 20).toString('hex')).toBe('0000000100000000000000140000000800000001');
    expect(items.map((_item, index) => Number(bytes.readBigInt64BE(24 + 12 * index)))).toEqual(items);
    expect(bytes).toHaveLength(20 + 12 * items.length);
  });

  it('writes any text, short or long, as UTF-8 behind its length', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 })), (items) => {
        const bytes = encodeList(ListValue.texts([...items, 'x'.repeat(64), 'x'.repeat(65), `${'x'.repeat(63)}ü`]));
        const read: string[] = [];
        for (let at = 20; at < bytes.length; at += 4 + bytes.readInt32BE(at))
          read.push(bytes.toString('utf8', at + 4, at + 4 + bytes.readInt32BE(at)));
        expect(read.slice(0, -3)).toEqual(items);
        expect(read.at(-1)).toBe(`${'x'.repeat(63)}ü`);
      }),
    );
  });

  it('writes an empty list without a dimension', () => {
    expect(encodeList(ListValue.texts([])).toString('hex')).toBe('000000000000000000000019');
  });

  it('replaces what is not Unicode, so that a text never makes the message longer than announced', () => {
    const bytes = encodeList(ListValue.texts(['\ud800', 'b']));
    expect(bytes.subarray(20).toString('hex')).toBe(`00000003efbfbd${'00000001'}62`);
  });
});
