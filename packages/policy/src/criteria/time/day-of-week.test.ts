import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';
import { parseDays } from './day-of-week.ts';

// 2026-03-01 is a Sunday.
const day = (index: number) => Date.UTC(2026, 2, 1 + index, 12);
const week = (data: unknown) =>
  [0, 1, 2, 3, 4, 5, 6].filter((index) => evaluateCriterion('day_of_week', data, { now: day(index) })[0]);

describe('day_of_week', () => {
  it('holds on the given days', () => {
    expect(week('*')).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(week('mon,wed,fri')).toEqual([1, 3, 5]);
    expect(week('tue-fri')).toEqual([2, 3, 4, 5]);
    expect(week('Saturday, SUN')).toEqual([0, 6]);
    expect(week('fri-mon')).toEqual([0, 1, 5, 6]);
    expect(week('mon-tue,sat')).toEqual([1, 2, 6]);
    expect(week('wed')).toEqual([3]);
  });

  it('uses UTC, or the calendar of a time zone', () => {
    const lateOnSunday = Date.parse('2026-03-01T23:30:00Z');
    expect(evaluateCriterion('day_of_week', 'sun', { now: lateOnSunday })).toEqual([true, 'day-of-week-ok']);
    expect(evaluateCriterion('day_of_week', { is: 'sun', timezone: 'Europe/Berlin' }, { now: lateOnSunday })).toEqual([
      false,
      'day-of-week-unauthorized',
    ]);
    expect(evaluateCriterion('day_of_week', { is: 'mon', timezone: 'Europe/Berlin' }, { now: lateOnSunday })).toEqual([
      true,
      'day-of-week-ok',
    ]);
  });

  it('does not hold without a time', () => {
    for (const now of [undefined, Number.NaN, Infinity])
      expect(evaluateCriterion('day_of_week', '*', { now })).toEqual([false, 'day-of-week-unauthorized']);
  });

  it('refuses what is not a day', () => {
    expect(faultsOf('day_of_week', 'mondy')).toEqual(['day_of_week: must name days of the week, "mondy" does not']);
    for (const data of [
      '',
      'mon-',
      'mon-tue-wed',
      'mon;tue',
      '*,mon',
      'mo',
      1,
      null,
      ['mon'],
      {},
      { is: 'mon' },
      { is: 'mon', timezone: 'x' },
      { is: 'mon', timezone: 'UTC', on: 1 },
    ])
      expect(faultsOf('day_of_week', data).length).toBeGreaterThan(0);
  });

  it('parses any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom('mon', 'sun', '-', ',', '*', ' ')).map((all) => all.join('')),
        ),
        (text) => {
          const days = parseDays(text);
          return days === undefined || (days.length === 7 && days.includes(true));
        },
      ),
    );
  });
});
