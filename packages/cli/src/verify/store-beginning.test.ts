import { describe, expect, it } from '@jest/globals';
import { createStoreBeginning } from './store-beginning.ts';

const day = (date: number, hour = 0) => Date.UTC(2026, 10, date, hour);
const iso = (ms: number) => new Date(ms).toISOString();
const hold = (from: number, until: number) => ({ from: day(from, 9), until: day(until, 12) });

/** The beginning of a store with an event of one producer on each of these days. */
function begin(
  dates: readonly number[],
  { holds = [] as ReturnType<typeof hold>[], before = day(20), first = 7 } = {},
) {
  const beginning = createStoreBeginning({ before, holds });
  for (const [index, date] of dates.entries()) {
    beginning.event('k8s.request', iso(day(date, 10)), {});
    beginning.place('proxy/a', first + index);
  }
  return beginning;
}
const since = (beginning: ReturnType<typeof begin>) => {
  const ms = beginning.since();
  return ms === undefined ? undefined : iso(ms);
};

describe('the beginning of a store', () => {
  it('is an hour after its oldest day began, unless its chains begin with their first events', () => {
    expect(since(begin([12, 13]))).toBe('2026-11-12T01:00:00.000Z');
    expect(since(begin([12, 13], { first: 1 }))).toBeUndefined();
    expect(since(begin([]))).toBeUndefined();
  });

  it('is no later than the oldest day that retention cannot have deleted', () => {
    expect(since(begin([12, 13], { before: day(12, 5) }))).toBe('2026-11-12T01:00:00.000Z');
    expect(since(begin([12, 13], { before: day(11, 23) }))).toBe('2026-11-11T01:00:00.000Z');
    expect(since(begin([12, 13], { before: day(3) }))).toBe('2026-11-03T01:00:00.000Z');
    // How long events are kept is not known.
    expect(since(begin([12, 13], { before: -Infinity }))).toBe('2026-11-12T01:00:00.000Z');
  });

  it('is the first checkpoint of all, unless that attests events of a day that is gone', () => {
    const make = (fromTime: string) => {
      const beginning = begin([12]);
      const checkpoint = { number: 1, heads: [{ fromTime }, {}, null] };
      beginning.event('audit.checkpoint', iso(day(12, 11)), { sallyport: { checkpoint } });
      return beginning;
    };
    expect(since(make('2026-11-12T00:00:01Z'))).toBeUndefined();
    expect(since(make('2026-11-11T23:00:00Z'))).toBe('2026-11-12T01:00:00.000Z');
    expect(since(make('anything'))).toBeUndefined();
  });
});

describe('the days that may be gone', () => {
  it('are those between the days of a hold and the oldest other day', () => {
    const holds = [hold(3, 4), hold(7, 7)];
    expect(begin([3, 7, 12, 13], { holds }).absent()).toEqual([
      { from: '2026-11-05T00:00:00.000Z', until: '2026-11-07T01:00:00.000Z' },
      { from: '2026-11-08T00:00:00.000Z', until: '2026-11-12T01:00:00.000Z' },
    ]);
  });

  it('are none without a hold, and none under one, although there are no events', () => {
    expect(begin([3, 7, 12]).absent()).toEqual([]);
    expect(begin([3, 12], { holds: [hold(3, 11)] }).absent()).toEqual([]);
  });

  it('are none that retention cannot have deleted yet', () => {
    expect(begin([3, 12], { holds: [hold(3, 3)], before: day(6, 5) }).absent()).toEqual([
      { from: '2026-11-04T00:00:00.000Z', until: '2026-11-06T01:00:00.000Z' },
    ]);
    expect(begin([3, 12], { holds: [hold(3, 3)], before: -Infinity }).absent()).toEqual([]);
  });
});
