import { describe, expect, it } from '@jest/globals';
import { createStoreBeginning } from './store-beginning.ts';

const day = (date: number, hour = 0) => Date.UTC(2026, 10, date, hour);
const iso = (ms: number) => new Date(ms).toISOString();
const hold = (from: number, until: number) => ({ from: day(from, 9), until: day(until, 12) });

const keptAt = (producer: string, seq: number) => ({ producer, seq, prevHash: '', hash: '' });

/** The beginning of a store with an event of one producer on each of these days. */
function begin(
  dates: readonly number[],
  { holds = [] as ReturnType<typeof hold>[], before = day(20), first = 7 } = {},
) {
  const beginning = createStoreBeginning({ before, holds });
  for (const [index, date] of dates.entries()) {
    beginning.event({
      type: 'k8s.request',
      time: iso(day(date, 10)),
      data: {},
      kept: keptAt('proxy/a', first + index),
    });
  }
  return beginning;
}
/** The same with a first checkpoint that attests events from this time on. */
function withCheckpoint(dates: readonly number[], fromTime: unknown) {
  const beginning = begin(dates);
  const checkpoint = { number: 1, heads: [{ fromTime }, {}, null] };
  beginning.event({
    type: 'audit.checkpoint',
    time: iso(day(dates[0]!, 11)),
    data: { sallyport: { checkpoint } },
    kept: keptAt('audit/a', 2),
  });
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
    expect(since(withCheckpoint([12], '2026-11-12T00:00:01Z'))).toBeUndefined();
    expect(since(withCheckpoint([12], '2026-11-11T23:00:00Z'))).toBe('2026-11-12T01:00:00.000Z');
    expect(since(withCheckpoint([12], 'anything'))).toBeUndefined();
    expect(since(withCheckpoint([12], { toString: 1, valueOf: 1 }))).toBeUndefined();
  });

  it('does not follow a checkpoint without a place in a chain, because anyone could have added it', () => {
    const beginning = begin([12, 13], { first: 1 });
    const checkpoint = { number: 1, heads: [{ fromTime: '1970-01-01T00:00:00Z' }] };
    beginning.event({ type: 'audit.checkpoint', time: iso(day(12, 1)), data: { sallyport: { checkpoint } } });
    expect(since(beginning)).toBeUndefined();
    const cut = begin([12, 13]);
    cut.event({ type: 'audit.checkpoint', time: iso(day(12, 1)), data: { sallyport: { checkpoint: { number: 1 } } } });
    expect(since(cut)).toBe('2026-11-12T01:00:00.000Z');
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
