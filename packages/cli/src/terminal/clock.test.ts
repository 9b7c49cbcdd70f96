import { describe, expect, it } from '@jest/globals';
import { createClock, utcClock } from './clock.ts';

describe('a clock', () => {
  const show = (zone: string, time: string) => {
    const clock = createClock(zone);
    return `${clock.day(Date.parse(time))} ${clock.time(Date.parse(time))}`;
  };

  it.each([
    ['Europe/Berlin', '2026-07-01T22:00:00.999Z', '2026-07-02 00:00:00'],
    ['America/St_Johns', '2026-01-01T03:29:59Z', '2025-12-31 23:59:59'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02 00:00:00'],
    ['UTC', '0099-01-01T00:00:00Z', '0099-01-01 00:00:00'],
    ['UTC', '1969-12-31T23:59:59.500Z', '1969-12-31 23:59:59'],
  ])('shows in %s for %s: %s', (zone, time, shown) => {
    expect(show(zone, time)).toBe(shown);
  });

  it.each([
    ['Europe/Berlin', '2026-10-24T23:59:59Z', '2026-10-25 01:59:59'],
    ['Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25 02:00:00+02:00'],
    ['Europe/Berlin', '2026-10-25T01:59:59Z', '2026-10-25 02:59:59+01:00'],
    ['Europe/Berlin', '2026-10-25T02:00:00Z', '2026-10-25 03:00:00'],
    ['America/New_York', '2026-11-01T06:30:00Z', '2026-11-01 01:30:00-05:00'],
    ['Australia/Lord_Howe', '2026-04-04T14:45:00Z', '2026-04-05 01:45:00+11:00'],
    ['Australia/Lord_Howe', '2026-04-04T15:15:00Z', '2026-04-05 01:45:00+10:30'],
    // What the clock leaves out in spring is nowhere shown twice.
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29 01:59:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 03:00:00'],
  ])('adds the offset only to times that are there twice: in %s %s is %s', (zone, time, shown) => {
    expect(show(zone, time)).toBe(shown);
  });

  it('says that it shows UTC', () => {
    const ms = Date.parse('2026-11-25T23:59:59.999Z');
    expect([utcClock.day(ms), utcClock.time(ms)]).toEqual(['2026-11-25', '23:59:59Z']);
  });
});
