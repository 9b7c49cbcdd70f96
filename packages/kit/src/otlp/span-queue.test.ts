import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { createSpanQueue, type Delivery } from './span-queue.ts';

const span = (name: string) => ({ name }) as ReadableSpan;

function rig(limits: Parameters<typeof createSpanQueue>[0]['limits'] = {}) {
  const seen = { batches: [] as string[][], sent: 0, dropped: [] as string[], failed: [] as string[], recovered: 0 };
  const answers: (Delivery | Promise<Delivery> | Error)[] = [];
  const queue = createSpanQueue({
    async send(batch) {
      seen.batches.push(batch.map(({ name }) => name));
      const answer = answers.shift() ?? { outcome: 'sent', refused: 0 };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    sent: (count) => void (seen.sent += count),
    dropped: (count, reason) => void seen.dropped.push(`${count} ${reason}`),
    failed: (why) => void seen.failed.push(why),
    recovered: () => void (seen.recovered += 1),
    limits: { queue: 4, batch: 2, delayMs: 100, pauseMs: [1000, 4000], closeMs: 500, ...limits },
  });
  const end = (...names: string[]) => names.forEach((name) => queue.onEnd(span(name)));
  const after = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  return { queue, seen, answers, end, after };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the queue of spans', () => {
  it('sends a span once it has waited for others, and a full batch at once', async () => {
    const { seen, end, after } = rig();
    end('a');
    await after(99);
    expect(seen.batches).toEqual([]);
    await after(1);
    expect(seen.batches).toEqual([['a']]);
    end('b', 'c');
    await after(0);
    expect(seen.batches).toEqual([['a'], ['b', 'c']]);
    expect(seen.sent).toBe(3);
    expect(seen.dropped).toEqual([]);
  });

  it('has one batch under way at a time', async () => {
    const { seen, answers, end, after } = rig();
    let answer: (delivery: Delivery) => void = () => undefined;
    answers.push(new Promise((resolve) => (answer = resolve)));
    end('a', 'b', 'c', 'd');
    await after(10_000);
    expect(seen.batches).toEqual([['a', 'b']]);
    answer({ outcome: 'sent', refused: 0 });
    await after(0);
    expect(seen.batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('keeps a batch while the collector is away, with longer and longer pauses, and drops what is too much', async () => {
    const { seen, answers, end, after } = rig();
    const away: Delivery = { outcome: 'later', why: 'away' };
    answers.push(away, away, away, away);
    end('a', 'b');
    await after(0);
    end('c', 'd', 'e', 'f');
    expect(seen.dropped).toEqual(['1 full', '1 full']);
    await after(999);
    expect(seen.batches).toHaveLength(1);
    await after(1);
    expect(seen.batches).toHaveLength(2);
    await after(2000);
    expect(seen.batches).toHaveLength(3);
    await after(4000);
    expect(seen.batches).toHaveLength(4);
    await after(3999);
    expect(seen.batches).toHaveLength(4);
    await after(2);
    expect(seen.batches.slice(4)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(seen).toMatchObject({ sent: 4, failed: ['away', 'away', 'away', 'away'], recovered: 2 });
  });

  it('waits as long as the collector asks for, within bounds', async () => {
    const { seen, answers, end, after } = rig();
    answers.push({ outcome: 'later', why: 'it answers 429', afterMs: 3_600_000 });
    end('a', 'b');
    await after(3999);
    expect(seen.batches).toHaveLength(1);
    await after(1);
    expect(seen.batches).toHaveLength(2);
  });

  it('drops what the collector refuses, all or a part of it', async () => {
    const { seen, answers, end, after } = rig();
    answers.push({ outcome: 'refused', why: 'it answers 400' }, { outcome: 'sent', refused: 1, why: 'a part' });
    end('a', 'b');
    await after(0);
    end('c', 'd');
    await after(0);
    expect(seen).toMatchObject({ sent: 1, dropped: ['2 refused', '1 refused'], failed: ['it answers 400', 'a part'] });
  });

  it('drops no more than a batch, whatever the collector says', async () => {
    const { seen, answers, end, after } = rig();
    answers.push({ outcome: 'sent', refused: 1_000_000 });
    end('a', 'b');
    await after(0);
    expect(seen).toMatchObject({ sent: 0, dropped: ['2 refused'] });
  });

  it('goes on after spans that cannot be sent', async () => {
    const { seen, answers, end, after } = rig();
    answers.push(new Error('bug'));
    end('a', 'b');
    await after(0);
    end('c', 'd');
    await after(0);
    expect(seen).toMatchObject({ sent: 2, dropped: ['2 refused'], failed: ['they cannot be sent'] });
  });

  it('sends the rest when the service stops, and drops what comes later', async () => {
    const { queue, seen, end, after } = rig();
    end('a');
    await after(100);
    end('b');
    const stopping = queue.shutdown();
    await after(0);
    await stopping;
    end('c');
    expect(seen).toMatchObject({ batches: [['a'], ['b']], sent: 2, dropped: ['1 stopped'] });
  });

  it('stops in time with a collector that does not answer', async () => {
    const { queue, seen, answers, end, after } = rig();
    answers.push(new Promise(() => undefined));
    end('a', 'b', 'c');
    const stopping = queue.shutdown();
    await after(500);
    await stopping;
    expect(seen.dropped).toEqual(['3 stopped']);
  });

  it('does not try again when it stops while the collector is away', async () => {
    const { queue, seen, answers, end, after } = rig();
    answers.push({ outcome: 'later', why: 'away' }, { outcome: 'later', why: 'away' });
    end('a', 'b', 'c');
    await after(0);
    const stopping = queue.shutdown();
    await after(0);
    await stopping;
    expect(seen.batches).toHaveLength(2);
    expect(seen.dropped).toEqual(['3 stopped']);
  });
});
