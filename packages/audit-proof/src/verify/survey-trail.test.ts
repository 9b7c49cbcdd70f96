import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyIdOf } from '../checkpoint/key-id.ts';
import { hashCheckpoint, signCheckpoint, type SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import { createTrailSurvey } from './survey-trail.ts';

const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')] as const;
const keys = new Map(pairs.map(({ publicKey }) => [keyIdOf(publicKey), publicKey]));
const sign = (number: number, pair: (typeof pairs)[number] = pairs[0]): SignedCheckpoint =>
  signCheckpoint({ number, time: '2026-11-01T10:00:00.000Z', heads: [] }, pair.privateKey);
const hash = (seq: number) => String(seq).padStart(64, '0');
const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T10:00:00.000Z`;

type Event = Parameters<ReturnType<typeof createTrailSurvey>['add']>[0];
const event = (
  seq: unknown,
  { day = 1, producer = 'sallyport/1', checkpoint }: Record<string, unknown> = {},
): Event => ({
  type: checkpoint === undefined ? 'request' : 'audit.checkpoint',
  time: at(day as number),
  data: { sallyport: { producer, seq, prevHash: hash(Number(seq) - 1), checkpoint } },
});

function survey(events: readonly Event[], deps?: Parameters<typeof createTrailSurvey>[0]) {
  const made = createTrailSurvey(deps);
  for (const one of events) made.add(one);
  return made;
}
const beginsOf = (numbers: readonly number[]) =>
  survey(numbers.map((seq) => event(seq)))
    .carried()
    .begins.map(({ seq }) => seq);

describe('the survey of a trail', () => {
  it('finds where a chain goes on after the last events that are not there', () => {
    expect(beginsOf([1, 2, 3])).toEqual([]);
    expect(beginsOf([6, 7])).toEqual([6]);
    expect(beginsOf([1, 2, 6, 7, 10, 11])).toEqual([10]);
    expect(survey([event(6)]).carried().begins).toEqual([{ producer: 'sallyport/1', seq: 6, prevHash: hash(5) }]);
  });

  it('tells events that were deleted from others by their times, except at the beginning', () => {
    const trail = survey([event(4, { day: 1 }), event(5, { day: 2 }), event(9, { day: 8 }), event(12, { day: 9 })]);
    const begins = (...absent: { from: string; until: string }[]) =>
      trail.carried({ absent }).begins.map(({ seq }) => seq);
    expect(begins()).toEqual([4]);
    expect(begins({ from: at(2), until: at(8) })).toEqual([9]);
    expect(trail.carried().begins).toMatchObject([{ seq: 12 }]);
  });

  it('is not led astray by a number that does not continue its chain', () => {
    expect(beginsOf([1, 2, 2 ** 40, 3, 4])).toEqual([3]);
    expect(survey([event('9'), event(1.5), event(-3), { type: 'x', time: '', data: null }]).carried().begins).toEqual(
      [],
    );
  });

  it('counts a checkpoint once, where it was first', () => {
    const [one, two] = [sign(1), sign(2)];
    const found = survey([one, two, one].map((checkpoint, index) => event(index + 1, { checkpoint })));
    expect(found.carried().checkpoints.map(hashCheckpoint)).toEqual([one, two].map(hashCheckpoint));
  });

  it('can keep the last checkpoint of each key only, in the order in which the keys were used', () => {
    const all = [sign(1), sign(2, pairs[1]), sign(2), sign(1, pairs[1]), sign(3, pairs[1])];
    const found = survey(
      all.map((checkpoint, index) => event(index + 1, { checkpoint })),
      { keys, lastOnly: true },
    );
    expect(found.carried().checkpoints.map(hashCheckpoint)).toEqual([all[2]!, all[4]!].map(hashCheckpoint));
  });

  it('takes only whole checkpoints, and with keys only those that one of them signed', () => {
    const forged = { ...sign(7), number: 8 };
    const odd = { ...sign(9), more: Infinity };
    const events = [forged, odd, { signature: 'x', number: 'abc' }, sign(1)].map((checkpoint, index) =>
      event(index + 1, { checkpoint }),
    );
    const numbersOf = (deps: Parameters<typeof createTrailSurvey>[0]) =>
      survey(events, deps)
        .carried()
        .checkpoints.map(({ number }) => number);
    expect(numbersOf({})).toEqual([8, 1]);
    expect(numbersOf({ keys })).toEqual([1]);
    expect(numbersOf({ keys: new Map() })).toEqual([]);
  });
});
