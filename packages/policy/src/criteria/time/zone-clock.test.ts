import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { zoneClock } from './zone-clock.ts';

describe('the clock of a zone', () => {
  it('agrees with the formatter at any time, including milliseconds', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/New_York',
    );
    fc.assert(
      fc.property(zones, fc.integer({ min: -2_000_000_000_000, max: 4_000_000_000_000 }), (timeZone, now) => {
        const clock = zoneClock(timeZone)!;
        const text = new Intl.DateTimeFormat('en-GB', {
          timeZone,
          hourCycle: 'h23',
          weekday: 'short',
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
        }).format(now);
        const [weekday, time] = text.split(' ') as [string, string];
        const [hour, minute, second] = time.split(':').map(Number) as [number, number, number];
        expect(clock.timeOfDay(now)).toBe((hour * 3600 + minute * 60 + second) * 1000 + (((now % 1000) + 1000) % 1000));
        expect(['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][clock.weekday(now)]).toBe(weekday.replace(',', ''));
      }),
      { numRuns: 500 },
    );
  });

  it('calls the formatter once per second', () => {
    const clock = zoneClock('Europe/Paris')!;
    const original = Intl.DateTimeFormat.prototype.formatToParts;
    let asked = 0;
    Intl.DateTimeFormat.prototype.formatToParts = function counting(moment) {
      asked += 1;
      return original.call(this, moment);
    };
    try {
      for (let now = 1_000_000_000_000; now < 1_000_000_001_000; now += 1) clock.timeOfDay(now);
    } finally {
      Intl.DateTimeFormat.prototype.formatToParts = original;
    }
    expect(asked).toBe(1);
  });

  it('is shared by all spellings of a zone, and does not exist for an unknown zone', () => {
    expect(zoneClock('europe/berlin')).toBe(zoneClock('Europe/Berlin'));
    for (const name of ['', 'Mars/Olympus', '__proto__', 'x'.repeat(10_000)]) expect(zoneClock(name)).toBe(undefined);
  });
});
