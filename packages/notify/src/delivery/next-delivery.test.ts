import { describe, expect, it } from '@jest/globals';
import type { Delivery } from '@sallyport/stores';
import { exampleNotice } from '../testing/example-notice.ts';
import {
  afterAsking,
  afterFailing,
  afterGivingUp,
  afterSending,
  isHopeless,
  nextNotice,
  pauseAfter,
  retryTimes,
} from './next-delivery.ts';

const start: Delivery = { done: 0, failed: [], again: [], tries: 0 };
const notices = [1, 2, 3, 4].map((number) => exampleNotice({ number, channels: number === 2 ? ['chat'] : ['ops'] }));
const next = (delivery: Delivery) => nextNotice({ notices, delivery }, 'ops')?.number;

describe('the delivery of the notices of one elevation', () => {
  it('goes on in order, and leaves out what is for other channels', () => {
    const seen: number[] = [];
    for (let at = start, number = next(at); number !== undefined; number = next(at)) {
      seen.push(number);
      at = afterSending(at, number);
    }
    expect(seen).toEqual([1, 3, 4]);
  });

  it('stays at a notice that fails', () => {
    const failed = afterFailing(afterFailing(start, 'it answered 500', 5), 'it answered 502', 9);
    expect(failed).toEqual({ ...start, tries: 2, since: 5, reason: 'it answered 502' });
    expect(next(failed)).toBe(1);
    expect(afterSending(failed, 1)).toEqual({ ...start, done: 1 });
  });

  it('goes on after giving up, and sends only that again when asked', () => {
    const given = afterGivingUp(afterFailing(start, 'gone', 5), 1, { at: 9, tries: 2, reason: 'gone' });
    expect(given).toEqual({ ...start, done: 1, failed: [{ number: 1, at: 9, tries: 2, reason: 'gone' }] });
    expect(next(given)).toBe(3);
    const after = afterSending(given, 3);
    const asked = afterAsking({ ...after, lost: { at: 9, tries: 2, reason: 'gone' } });
    expect([next(asked), asked.done]).toEqual([1, 3]);
    const sent = afterSending(asked, 1);
    expect(sent).toEqual({ ...start, done: 3 });
    expect(next(sent)).toBe(4);
    const again = afterGivingUp(asked, 1, { at: 20, tries: 1, reason: 'still gone' });
    expect([again.failed, again.again, next(again)]).toEqual([
      [{ number: 1, at: 20, tries: 1, reason: 'still gone' }],
      [],
      4,
    ]);
  });

  it('is given up a day after the step, and a day after the first attempt if it was asked for', () => {
    const [notice] = notices;
    const day = 86_400_000;
    expect(isHopeless(start, notice!, notice!.at + day - 1, retryTimes)).toBe(false);
    expect(isHopeless(start, notice!, notice!.at + day, retryTimes)).toBe(true);
    const asked = { ...start, done: 4, again: [1] };
    expect(isHopeless(asked, notice!, notice!.at + 5 * day, retryTimes)).toBe(false);
    expect(isHopeless({ ...asked, since: 10 }, notice!, 10 + day, retryTimes)).toBe(true);
  });

  it('pauses twice as long each time, at random, at most ten minutes, or as the receiver asks for up to an hour', () => {
    const longest = (tries: number, retryAfterMs?: number) => pauseAfter(tries, retryAfterMs, retryTimes, () => 1);
    expect([1, 2, 3, 4].map((tries) => longest(tries))).toEqual([1000, 2000, 4000, 8000]);
    expect(longest(1000)).toBe(600_000);
    expect(pauseAfter(3, undefined, retryTimes, () => 0)).toBe(2000);
    expect([longest(1, 30_000), longest(1, 10 ** 9)]).toEqual([30_000, 3_600_000]);
  });
});
