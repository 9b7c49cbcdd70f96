import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFieldSelector, requiredFieldValue } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';

describe('label selectors', () => {
  it.each([
    ['', []],
    ['a', [{ key: 'a', operator: 'exists', values: [] }]],
    ['!a', [{ key: 'a', operator: 'absent', values: [] }]],
    [
      'a=b,c == d',
      [
        { key: 'a', operator: 'in', values: ['b'] },
        { key: 'c', operator: 'in', values: ['d'] },
      ],
    ],
    ['a!=b', [{ key: 'a', operator: 'notin', values: ['b'] }]],
    ['a=', [{ key: 'a', operator: 'in', values: [''] }]],
    ['x in (a,,b)', [{ key: 'x', operator: 'in', values: ['a', '', 'b'] }]],
    ['x notin ()', [{ key: 'x', operator: 'notin', values: [''] }]],
    ['in in (in, notin)', [{ key: 'in', operator: 'in', values: ['in', 'notin'] }]],
    ['n>5', [{ key: 'n', operator: 'gt', values: ['5'] }]],
    ['example.com/a=b', [{ key: 'example.com/a', operator: 'in', values: ['b'] }]],
  ])('%p is parsed', (selector, requirements) => {
    expect(parseLabelSelector(selector)).toEqual(requirements);
  });

  it.each([
    'a,',
    ',a',
    'a b',
    '!',
    '!!a',
    '!a=b',
    'a=(b)',
    'a in b',
    'a in (b',
    'a in (b c)',
    'a in',
    'a===b',
    'n>x',
    'n>',
    '-a',
    'a/b/c',
    '/a',
    'A.com/b',
    `a=${'b'.repeat(64)}`,
    'n<9223372036854775808',
  ])('%p is malformed', (selector) => {
    expect(parseLabelSelector(selector)).toBeUndefined();
  });

  it('never make the parser throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'in', 'notin', '(', ')', ',', '=', '!', '>', '<', ' ', '/', '.', '-')),
        (parts) => {
          parseLabelSelector(parts.join(''));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(['a,', 'a=b,', 'x in (a,', '!', '(', 'a ', 'a.'])(
    'are parsed in time with two hundred thousand repetitions of %p',
    (piece) => {
      parseLabelSelector(`a in (${piece.repeat(200_000)}`);
      expect(parseLabelSelector(`${piece.repeat(200_000)}=`)).toBeUndefined();
    },
  );
});

describe('field selectors', () => {
  it('have equality, inequality and escaped characters', () => {
    expect(parseFieldSelector('a=b,c!=d,e==f\\,g\\=h\\\\')).toEqual([
      { field: 'a', equal: true, value: 'b' },
      { field: 'c', equal: false, value: 'd' },
      { field: 'e', equal: true, value: 'f,g=h\\' },
    ]);
  });

  it.each(['a', 'a=b=c', 'a=b\\', 'a=\\x'])('%p is malformed', (selector) => {
    expect(parseFieldSelector(selector)).toBeUndefined();
  });

  it('unescape any value', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(parseFieldSelector(`f=${value.replace(/[\\,=]/g, '\\$&')}`)).toEqual([
          { field: 'f', equal: true, value },
        ]);
      }),
    );
  });

  it.each(['a=b,', '\\', 'a', '\\,', '=', ','])(
    'are parsed in time with two hundred thousand repetitions of %p',
    (piece) => {
      const answer = parseFieldSelector(`a=${piece.repeat(200_000)}`);
      expect(answer === undefined || Array.isArray(answer)).toBe(true);
    },
  );

  it('require of a field the value in the first of their sorted terms', () => {
    const piece = fc.constantFrom(
      'metadata.name',
      'metadata.name',
      'a',
      '=',
      '==',
      '!=',
      ',',
      ',',
      '\\',
      'x',
      '\u{1f600}',
      '\uffff',
      '',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join('')),
        (selector) => {
          const sorted = selector === '' ? [] : parseFieldSelector(selector);
          expect(requiredFieldValue(selector, 'metadata.name')).toBe(
            sorted && (sorted.find((one) => one.equal && one.field === 'metadata.name')?.value ?? ''),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are not sorted before the caller is authenticated, even with six hundred thousand commas', () => {
    // Time of the processor, because the test may have to wait for it. Sorting takes five times as long.
    const times = Array.from({ length: 8 }, () => {
      const before = process.cpuUsage().user;
      expect(requiredFieldValue(','.repeat(600_000), 'metadata.name')).toBe('');
      return process.cpuUsage().user - before;
    });
    expect(Math.min(...times)).toBeLessThan(60_000);
  });
});
