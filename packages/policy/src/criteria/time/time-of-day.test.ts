import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';
import { parseTimeOfDay } from './time-of-day.ts';

const holds = (data: object, moment: string) => evaluateCriterion('time_of_day', data, { now: Date.parse(moment) })[0];

describe('time_of_day', () => {
  it('uses the local time of the time zone', () => {
    const office = { timezone: 'Asia/Kolkata', after: '9:00', before: '17:30' };
    expect(holds(office, '2026-03-01T03:30:00.001Z')).toBe(true);
    expect(holds(office, '2026-03-01T03:30:00Z')).toBe(false);
    expect(holds(office, '2026-03-01T11:59:59.999Z')).toBe(true);
    expect(holds(office, '2026-03-01T12:00:00Z')).toBe(false);
  });

  it('follows daylight saving time: the same local time, another time in UTC', () => {
    const morning = { timezone: 'Europe/Berlin', after: '8:00', before: '9:00' };
    expect([holds(morning, '2026-01-15T07:30:00Z'), holds(morning, '2026-01-15T06:30:00Z')]).toEqual([true, false]);
    expect([holds(morning, '2026-07-15T07:30:00Z'), holds(morning, '2026-07-15T06:30:00Z')]).toEqual([false, true]);
  });

  it('skips the hour that does not exist in spring', () => {
    const gap = { timezone: 'Europe/Berlin', after: '1:59:59.999', before: '3:00' };
    const moments = ['2026-03-29T00:59:59.999Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'];
    expect(moments.map((moment) => holds(gap, moment))).toEqual([false, false, false]);
    expect(holds({ timezone: 'Europe/Berlin', after: '2:59' }, '2026-03-29T01:00:00Z')).toBe(true);
  });

  it('repeats the hour that exists twice in autumn', () => {
    const twice = { timezone: 'America/New_York', after: '1:00', before: '2:00' };
    expect(
      ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z', '2026-11-01T07:30:00Z'].map((moment) => holds(twice, moment)),
    ).toEqual([true, true, false]);
  });

  it('shares no state between zones', () => {
    const utc = { timezone: 'UTC', after: '11:00', before: '13:00' };
    const tokyo = { timezone: 'Asia/Tokyo', after: '11:00', before: '13:00' };
    for (const [moment, expected] of [
      ['2026-03-01T12:00:00Z', [true, false]],
      ['2026-03-01T03:00:00Z', [false, true]],
      ['2026-03-01T12:00:00Z', [true, false]],
    ] as const) {
      expect([holds(utc, moment), holds(tokyo, moment)]).toEqual(expected);
    }
  });

  it('accepts one bound, and warns of a span over midnight, which never holds', () => {
    expect(holds({ timezone: 'UTC', after: '22:00' }, '2026-03-01T23:00:00Z')).toBe(true);
    expect(holds({ timezone: 'UTC', before: '6 AM' }, '2026-03-01T00:00:00Z')).toBe(true);
    const night = { timezone: 'UTC', after: '22:00', before: '6:00' };
    expect(warningsOf('time_of_day', night)[0]).toMatch(/never holds/);
    expect([holds(night, '2026-03-01T23:00:00Z'), holds(night, '2026-03-01T03:00:00Z')]).toEqual([false, false]);
  });

  it('does not hold without a time', () => {
    for (const now of [undefined, Number.NaN, Infinity, -Infinity, 9e15, '5' as never])
      expect(evaluateCriterion('time_of_day', { timezone: 'UTC', before: '23:59:59' }, { now })).toEqual([
        false,
        'time-of-day-unauthorized',
      ]);
  });

  it('refuses an unknown zone (suggesting the nearest one), other formats of time, and a missing zone', () => {
    expect(faultsOf('time_of_day', { timezone: 'Europe/Berln', after: '8:00' })).toEqual([
      'time_of_day.timezone: unknown time zone "Europe/Berln"',
    ]);
    expect(faultsOf('time_of_day', { after: '8:00' })).toEqual([
      'time_of_day.timezone: must be the name of a time zone, not null',
    ]);
    expect(faultsOf('time_of_day', { timezone: 'UTC', after: 8400 })).toEqual([
      'time_of_day.after: must be a time of day, not a number',
    ]);
    for (const data of [
      { timezone: '', after: '8:00' },
      { timezone: 'UTC' },
      { timezone: 'UTC', after: '25:00' },
      { timezone: 'UTC', since: '8:00', after: '8:00' },
      { timezone: 5, after: '8:00' },
    ])
      expect(faultsOf('time_of_day', data)).toHaveLength(1);
    expect(faultsOf('time_of_day', 'UTC')).toHaveLength(1);
  });
});

describe('reading times of day', () => {
  const hour = 3_600_000;
  it.each([
    ['0:00', 0],
    ['15:04', 15 * hour + 240_000],
    ['2:20:00', 2 * hour + 1_200_000],
    ['15:04:05.25', 15 * hour + 245_250],
    ['15:04:05.999999999', 15 * hour + 245_999.999999],
    ['3:04 PM', 15 * hour + 240_000],
    ['3:04PM', 15 * hour + 240_000],
    ['3 PM', 15 * hour],
    ['3pm', 15 * hour],
    ['12 AM', 0],
    ['12:30 PM', 12.5 * hour],
    ['11:59 PM', 24 * hour - 60_000],
  ])('reads %s', (text, expected) => {
    expect(parseTimeOfDay(text)).toBeCloseTo(expected, 5);
  });

  it('accepts no other format', () => {
    for (const text of [
      '',
      '3',
      '24:00',
      '12:60',
      '0 PM',
      '13 PM',
      '3:4',
      '3:04:05 PM',
      '15:04:05.',
      '15:04:05.1234567890',
      '3  PM',
      '-1:00',
      '1e3:00',
      '١٥:٠٤',
    ])
      expect(parseTimeOfDay(text)).toBe(undefined);
  });

  it('never throws, and stays within the day', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789:. APMapm'.split('')) }), (text) => {
        const time = parseTimeOfDay(text);
        return time === undefined || (time >= 0 && time < 86_400_000);
      }),
    );
  });
});
