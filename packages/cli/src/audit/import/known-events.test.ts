import { expect, it } from '@jest/globals';
import { createKnownEvents } from './known-events.ts';

const at = (seq?: number, producer = 'sallyport/1') => ({
  sallyport: { producer, ...(seq === undefined ? {} : { seq }) },
});

it('knows an event of the topic by its place and its id', () => {
  const known = createKnownEvents();
  for (let seq = 1; seq <= 300; seq += 1) known.expect(at(seq));
  known.add('a', at(70));
  expect(known.has('a', at(70))).toBe(true);
  for (const other of [at(6), at(69), at(71), at(134), at(70, 'sallyport/2')])
    expect(known.has('a', other)).toBe(false);
  expect(known.has('b', at(70))).toBe(false);
  known.add('b', at(70));
  expect([known.has('a', at(70)), known.has('b', at(70))]).toEqual([true, false]);
});

it('knows no event without a place in a chain', () => {
  const known = createKnownEvents();
  for (const data of [at(), at(-1), at(1.5), null, 'x', { sallyport: null }]) {
    known.expect(data);
    known.add('a', data);
    expect(known.has('a', data)).toBe(false);
  }
});

it('takes little memory for numbers that are far apart, and none for events that the trail does not have', () => {
  const known = createKnownEvents();
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 1; round <= 1000; round += 1) {
    known.expect(at(2 ** 31 - 1000 * round));
    known.add('a', at(2 ** 31 + 1000 * round));
  }
  expect(known.has('a', at(2 ** 31 + 1000))).toBe(false);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024);
});
