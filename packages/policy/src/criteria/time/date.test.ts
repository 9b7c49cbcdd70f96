import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDate } from '../../input/parse-date.ts';
import { faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';

describe('date', () => {
  it('holds strictly between after and before', () => {
    const at = (now: number) =>
      evaluateCriterion('date', { after: '2020-01-01T00:00:01Z', before: '2020-01-01T00:00:02Z' }, { now })[0];
    const second = Date.UTC(2020, 0, 1, 0, 0, 1);
    expect([at(second), at(second + 1), at(second + 999), at(second + 1000)]).toEqual([false, true, true, false]);
  });

  it('does not hold without a time', () => {
    for (const now of [undefined, Number.NaN, Infinity, '5' as never])
      expect(evaluateCriterion('date', { before: '2150-01-01', after: '1970-01-01' }, { now })).toEqual([
        false,
        'date-unauthorized',
      ]);
  });

  it('warns of an empty span', () => {
    expect(warningsOf('date', { after: '2021-01-01', before: '2020-01-01' })[0]).toMatch(/never holds/);
  });

  it('refuses what is not a date', () => {
    expect(faultsOf('date', { after: '2020-13-01', befor: '2020-01-01' })).toEqual([
      'date.befor: unknown member "befor"',
      'date.after: "2020-13-01" is not a date',
    ]);
    for (const data of ['2020-01-01', null, [], {}, { after: 5 }, { before: null }])
      expect(faultsOf('date', data)).toHaveLength(1);
  });
});

describe('reading dates', () => {
  it.each([
    ['2020-01-02', '2020-01-02T00:00:00.000Z'],
    ['2020-01-02T16:20', '2020-01-02T16:20:00.000Z'],
    ['2020-01-02T16:20:00', '2020-01-02T16:20:00.000Z'],
    ['2020-01-02 16:20:00Z', '2020-01-02T16:20:00.000Z'],
    ['2020-01-02T16:20:00.25+02:00', '2020-01-02T14:20:00.250Z'],
    ['2020-01-02t16:20:00-0530', '2020-01-02T21:50:00.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
    ['0050-06-01', '0050-06-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseDate(text)!).toISOString()).toBe(expected);
  });

  it('accepts no other format, and no day that does not exist', () => {
    for (const text of [
      '',
      '2020',
      '2020-1-2',
      '2021-02-29',
      '2020-00-10',
      '2020-01-32',
      '2020-01-02T24:00',
      '2020-01-02T10:60',
      '2020-01-02T10:00:61',
      '2020-01-02T10:00+25:00',
      '2020-01-02Z',
      '2020-01-02T',
      'tomorrow',
      '２０２０-01-02',
    ])
      expect(parseDate(text)).toBe(undefined);
  });

  it('agrees with JavaScript where both can parse it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true }),
        (date) => parseDate(date.toISOString()) === date.getTime(),
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:TZ.+ '.split('')) }), (text) =>
        ['number', 'undefined'].includes(typeof parseDate(text)),
      ),
    );
  });
});
