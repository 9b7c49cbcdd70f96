import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aboutIdOf, type Elevation, type Notice } from '@sallyport/contracts';
import { createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { pino } from 'pino';
import { DeliveryError, type Channel } from '../channels/channel.ts';
import { exampleNotice } from '../testing/example-notice.ts';
import { attendToNotices, type GivenUp, type NotifierDeps } from './attend-to-notices.ts';
import { listNotices, resendNotices } from './list-notices.ts';

const retry = { firstMs: 10, maxMs: 20, giveUpMs: 60_000 };
let store: ElevationStore;
let offset: number;
let stops: (() => Promise<void>)[];
let lines: string[];
const now = () => Date.now() + offset;
beforeEach(() => {
  offset = 0;
  stops = [];
  lines = [];
  store = createMemoryElevationStore({ now });
});
afterEach(async () => {
  for (const stop of stops) await stop();
});

const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
/** A channel that does what the test says, and remembers what it took. */
function channelOf(name: string, answer: (notice: Notice, signal: AbortSignal) => Promise<void> = async () => {}) {
  const taken: string[] = [];
  const tried: string[] = [];
  const channel: Channel = {
    name,
    async send(notice, signal) {
      tried.push(`${aboutIdOf(notice)}/${notice.number}`);
      await answer(notice, signal);
      taken.push(`${aboutIdOf(notice)}/${notice.number}`);
    },
    close: async () => undefined,
  };
  return { channel, taken, tried };
}
function attend(channels: Channel[], more: Partial<NotifierDeps> = {}) {
  const given: GivenUp[] = [];
  const stop = attendToNotices({
    outbox: store.notices,
    channels,
    logger,
    record: async (failure) => void given.push(failure),
    now,
    retry,
    everyMs: 5,
    ...more,
  });
  stops.push(stop);
  return { given, stop };
}
/** Stores an elevation, one revision for each of its notices. */
async function stored(id: string, count: number, ...channels: string[]): Promise<void> {
  const { elevation } = exampleNotice({}, { id });
  const first = { ...elevation, revision: 1, requester: { issuer: 'i', subject: 's', user: 'u' }, createdAt: now() };
  for (let number = 1; number <= count; number += 1) {
    const notice = exampleNotice({ number, id: `${id}-${number}`, at: now(), channels }, { id });
    const next = { ...first, revision: number } as unknown as Elevation;
    if (number === 1) await store.create(next, 5, [notice]);
    else expect(await store.replace(next, 5, [notice])).toBe(true);
  }
}
const fail = (reason: string) => async () => {
  throw new DeliveryError(reason);
};

describe('the delivery of notices', () => {
  it('sends each once, in the order of its elevation', async () => {
    const { channel, taken } = channelOf('ops');
    attend([channel]);
    await stored('a', 4, 'ops');
    await stored('b', 3, 'ops');
    await until(() => taken.length === 7);
    for (const id of ['a', 'b']) {
      const mine = taken.filter((one) => one.startsWith(id));
      expect(mine).toEqual(mine.toSorted());
    }
    await until(async () => (await store.notices.queued('ops', 10)).total === 0);
    expect(taken).toHaveLength(7);
    expect(await listNotices(store.notices, ['ops'])).toEqual([]);
  });

  it('tries again what fails, before what comes after it', async () => {
    let failures = 3;
    const flaky = channelOf('ops', async () => {
      if ((failures -= 1) >= 0) throw new DeliveryError('it answered 500');
    });
    attend([flaky.channel]);
    await stored('a', 2, 'ops');
    await until(() => flaky.taken.length === 2);
    expect(flaky.tried).toEqual(['a/1', 'a/1', 'a/1', 'a/1', 'a/2']);
  });

  it('lets a channel that hangs hold up neither another channel nor the end of the process', async () => {
    const hanging = channelOf(
      'dead',
      (_notice, signal) =>
        new Promise((_done, reject) => {
          signal.addEventListener('abort', () => reject(new DeliveryError('cut off')), { once: true });
        }),
    );
    const fine = channelOf('ops');
    const { stop } = attend([hanging.channel, fine.channel]);
    for (let index = 0; index < 20; index += 1) await stored(`e${index}`, 1, 'dead', 'ops');
    await until(() => fine.taken.length === 20);
    expect(hanging.tried.length).toBeLessThanOrEqual(4);
    const started = Date.now();
    await stop();
    expect(Date.now() - started).toBeLessThan(15_000);
    // What was cut off is sent by whoever comes next, and has not counted as a failure.
    const next = channelOf('dead');
    attend([next.channel]);
    await until(() => next.taken.length === 20);
    expect(lines.join('')).not.toContain('was not taken');
  });

  it('lets one elevation that fails hold up no other on the same channel', async () => {
    const picky = channelOf('ops', async (notice) => {
      if (aboutIdOf(notice) === 'bad') throw new DeliveryError('it answered 400');
    });
    attend([picky.channel]);
    await stored('bad', 2, 'ops');
    for (let index = 0; index < 10; index += 1) await stored(`e${index}`, 1, 'ops');
    await until(() => picky.taken.length === 10);
    expect(picky.taken).not.toContain('bad/1');
    expect(picky.tried).not.toContain('bad/2');
  });

  it('gives up after its time, records it once, lists it, and sends it again when asked', async () => {
    const down = channelOf('ops', fail('it answered 500'));
    const { given, stop } = attend([down.channel]);
    await stored('a', 2, 'ops');
    await until(() => down.tried.length > 2);
    expect(await listNotices(store.notices, ['ops'])).toMatchObject([
      { state: 'waiting', event: expect.stringMatching(/^a-/) },
      { state: 'waiting', event: expect.stringMatching(/^a-/) },
    ]);
    offset += retry.giveUpMs;
    await until(() => given.length === 2);
    expect(given.map(({ channel, notice, reason, round }) => [channel, notice.id, reason, round])).toEqual([
      ['ops', 'a-1', 'it answered 500', 0],
      ['ops', 'a-2', 'it answered 500', 0],
    ]);
    await until(async () => (await listNotices(store.notices, ['ops'])).every(({ state }) => state === 'failed'));
    expect(await listNotices(store.notices, [])).toMatchObject([
      { event: expect.any(String), reason: 'it answered 500' },
      {},
    ]);
    await stop();
    const up = channelOf('ops');
    attend([up.channel]);
    expect(await resendNotices(store.notices, { channel: 'other' })).toBe(0);
    expect(await resendNotices(store.notices, { channel: 'ops', aboutId: 'a' })).toBe(2);
    await until(() => up.taken.length === 2);
    expect(up.taken).toEqual(['a/1', 'a/2']);
    await until(async () => (await listNotices(store.notices, ['ops'])).length === 0);
    expect(await resendNotices(store.notices, {})).toBe(0);
  });

  it('does not give up what it cannot record, and goes on trying', async () => {
    let away = true;
    const down = channelOf('ops', fail('it answered 500'));
    const recorded: GivenUp[] = [];
    const attempts: GivenUp[] = [];
    attend([down.channel], {
      async record(failure) {
        attempts.push(failure);
        if (away) throw new Error('the audit log is away');
        recorded.push(failure);
      },
    });
    await stored('a', 1, 'ops');
    offset += retry.giveUpMs;
    await until(() => down.tried.length > 2 && attempts.length > 2);
    // The log may have taken an earlier attempt, so each says the same.
    expect(attempts).toEqual(attempts.map(() => attempts[0]));
    expect(await store.notices.failed(10)).toEqual([]);
    away = false;
    await until(() => recorded.length === 1);
    await until(async () => (await store.notices.failed(10)).length === 1);
  });

  it('counts, and shows no address in a log', async () => {
    const metrics = createMetrics();
    const leaky = channelOf('ops', async () => {
      throw new Error('POST https://hooks.example.com/planted-secret failed');
    });
    attend([leaky.channel, channelOf('chat').channel], { metrics });
    await stored('a', 1, 'ops', 'chat');
    await until(() => leaky.tried.length > 1);
    const text = await metrics.metrics();
    expect(text).toMatch(/sallyport_notifications_total\{channel="ops",outcome="failed"\} [1-9]/);
    expect(text).toContain('sallyport_notifications_total{channel="chat",outcome="sent"} 1');
    expect(text).toContain('sallyport_notifications_waiting{channel="ops"} 1');
    expect(lines.join('')).not.toContain('planted-secret');
    expect(lines.join('')).toContain('it could not be sent');
  });
});
