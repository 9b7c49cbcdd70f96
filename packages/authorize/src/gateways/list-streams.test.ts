import { describe, expect, it } from '@jest/globals';
import type { OwnedStreamRow, ReplicaStatus, StreamQuestion } from '@sallyport/contracts';
import { createConcurrencyLimiter, type Caller } from '@sallyport/kit';
import { createMemoryStreamQuestionRegistry } from '@sallyport/stores';
import { exampleStreamRow } from '@sallyport/stores/testing';
import { createAskGateways } from './ask-gateways.ts';
import { createListStreams } from './stream-questions.ts';

const callerOf = (subject: string, privileged = false): Caller => ({
  session: { id: 'ses_1', kind: 'cli', expiresAt: 1 },
  identity: { provider: 'corp', issuer: 'https://idp', subject, user: `${subject}@example.com`, groups: [], amr: [] },
  privileged,
  clientAddress: '10.0.0.9',
});

type Gateway = {
  name: string;
  rows?: OwnedStreamRow[];
  omitted?: number;
  afterMs?: number;
  silent?: boolean;
  unknown?: boolean;
};

/** Gateways that answer after a while. The registry of replicas lists them unless they are `unknown`. */
function rig(
  gateways: Gateway[],
  { settled = true, limiter = createConcurrencyLimiter({ total: 8, perKey: 2 }), answerMs = 300 } = {},
) {
  const registry = createMemoryStreamQuestionRegistry({ now: Date.now });
  const asked: StreamQuestion[] = [];
  registry.onQuestion((question) => {
    asked.push(question);
    for (const { name, rows = [], omitted = 0, afterMs = 0, silent } of gateways) {
      if (!silent)
        setTimeout(
          () => void registry.answer({ question: question.id, proxy: `proxy/${name}`, rows, omitted }),
          afterMs,
        ).unref();
    }
  });
  const status = (service: ReplicaStatus['service'], id: string): ReplicaStatus => ({
    service,
    id: `${service}/${id}`,
    host: 'h',
    version: 'v',
    since: 1,
    startedAt: 1,
    restartNeeded: [],
  });
  const replicas = {
    list: async () => [
      status('authorize', 'x'),
      ...gateways.filter(({ unknown }) => !unknown).map(({ name }) => status('proxy', name)),
    ],
  };
  const list = createListStreams({
    ask: createAskGateways({ registry, replicas, settled: () => settled, answerMs }),
    limiter,
  });
  const timed = async (...args: Parameters<typeof list>) => {
    const at = performance.now();
    return { ...(await list(...args)), ms: performance.now() - at };
  };
  return { list, timed, asked };
}
const everything = { ended: false, all: true, where: {} };
const own = { ended: false, all: false, where: {} };

describe('the list of streams', () => {
  it('has the streams of all gateways, oldest first, without the keys of users, as soon as all have answered', async () => {
    const { timed, asked } = rig(
      [
        { name: 'a', rows: [exampleStreamRow({ id: '2', since: 2 }), exampleStreamRow({ id: '4', since: 4 })] },
        {
          name: 'b',
          rows: [exampleStreamRow({ id: '3', since: 3, subject: 'bob' }), exampleStreamRow({ id: '1', since: 1 })],
          afterMs: 30,
          omitted: 5,
        },
      ],
      { answerMs: 20_000 },
    );
    const { streams, missing, omitted, ms } = await timed(callerOf('bob', true), everything);
    expect([streams.map(({ id }) => id), missing, omitted]).toEqual([['1', '2', '3', '4'], [], 5]);
    expect(streams[0]).not.toHaveProperty('subject');
    expect(streams[0]).not.toHaveProperty('issuer');
    expect(ms).toBeLessThan(10_000);
    expect(asked).toMatchObject([{ ended: false, where: {} }]);
    expect(asked[0]).not.toHaveProperty('of');
  });

  it('has ended streams newest first, and passes on its filters', async () => {
    const { list, asked } = rig([
      { name: 'a', rows: [exampleStreamRow({ id: '1', end: 10 }), exampleStreamRow({ id: '2', end: 30 })] },
      { name: 'b', rows: [exampleStreamRow({ id: '3', end: 20 })] },
    ]);
    const { streams } = await list(callerOf('bob', true), {
      ended: true,
      all: true,
      where: { user: 'alice@example.com', cluster: 'dev' },
    });
    expect(streams.map(({ id }) => id)).toEqual(['2', '3', '1']);
    expect(asked).toMatchObject([{ ended: true, where: { user: 'alice@example.com', cluster: 'dev' } }]);
  });

  it('names a gateway that does not answer in time, instead of being silently incomplete', async () => {
    const { timed } = rig([
      { name: 'a', rows: [exampleStreamRow()] },
      { name: 'b', silent: true },
      { name: 'c', rows: [exampleStreamRow({ id: 'late' })], afterMs: 60_000 },
    ]);
    const { streams, missing, ms } = await timed(callerOf('bob', true), everything);
    expect([streams.map(({ id }) => id), missing]).toEqual([['stream-1'], ['proxy/b', 'proxy/c']]);
    expect(ms).toBeGreaterThanOrEqual(290);
    expect(ms).toBeLessThan(15_000);
  });

  it('waits for gateways that may not have reported yet, and accepts their answers at any time', async () => {
    const gateways = [
      { name: 'a', rows: [exampleStreamRow()] },
      { name: 'new', rows: [exampleStreamRow({ id: 'of the new one', since: 2000 })], afterMs: 100, unknown: true },
    ];
    expect(
      (await rig(gateways, { settled: false, answerMs: 1000 }).list(callerOf('bob', true), everything)).streams.map(
        ({ id }) => id,
      ),
    ).toEqual(['stream-1', 'of the new one']);
    const restarted = await rig([{ name: 'x', rows: [exampleStreamRow()], afterMs: 100, unknown: true }], {
      settled: false,
      answerMs: 1000,
    }).list(callerOf('bob', true), everything);
    expect([restarted.streams.length, restarted.missing]).toEqual([1, []]);
  });

  it('has at most 2,000 streams, and the number of the others', async () => {
    const rows = (prefix: string) =>
      Array.from({ length: 1500 }, (_none, index) => exampleStreamRow({ id: `${prefix}${index}`, since: index }));
    const { streams, omitted } = await rig([
      { name: 'a', rows: rows('a') },
      { name: 'b', rows: rows('b'), omitted: 7 },
    ]).list(callerOf('bob', true), everything);
    expect([streams.length, omitted]).toEqual([2000, 1007]);
  });
});

describe('the list of a user', () => {
  it('asks about their own streams, and drops those of others', async () => {
    const { list, asked } = rig([
      {
        name: 'a',
        rows: [
          exampleStreamRow({ id: 'hers' }),
          exampleStreamRow({ id: 'bobs', subject: 'bob' }),
          exampleStreamRow({ id: 'namesake', issuer: 'https://other' }),
        ],
      },
    ]);
    expect((await list(callerOf('alice'), own)).streams.map(({ id }) => id)).toEqual(['hers']);
    expect(asked).toMatchObject([{ of: { issuer: 'https://idp', subject: 'alice' } }]);
  });

  it('has only their own if they may see all but do not ask for them', async () => {
    const { list, asked } = rig([{ name: 'a', rows: [exampleStreamRow()] }]);
    expect((await list(callerOf('bob', true), own)).streams).toEqual([]);
    expect(asked).toMatchObject([{ of: { subject: 'bob' } }]);
  });

  it('is refused if they ask for all without the right, and no gateway is asked', async () => {
    const { list, asked } = rig([{ name: 'a', rows: [exampleStreamRow()] }]);
    await expect(list(callerOf('alice'), everything)).rejects.toMatchObject({
      code: 'forbidden',
      detail: expect.stringContaining('api.policy.sessions'),
    });
    expect(asked).toEqual([]);
  });

  it('is refused if their key does not fit into a line of the feed', async () => {
    const { list, asked } = rig([]);
    await expect(list(callerOf('x'.repeat(5000)), own)).rejects.toMatchObject({ code: 'bad-request' });
    expect(asked).toEqual([]);
  });

  it('is limited in concurrency, without affecting others', async () => {
    const { list } = rig([{ name: 'a', silent: true }], { limiter: createConcurrencyLimiter({ total: 4, perKey: 2 }) });
    const outcomes = async (...subjects: string[]) =>
      (await Promise.allSettled(subjects.map((subject) => list(callerOf(subject), own)))).map((one) =>
        one.status === 'fulfilled' ? 'list' : (one.reason as { code: string }).code,
      );
    expect(await outcomes('a', 'a', 'a', 'b', 'c', 'd')).toEqual([
      'list',
      'list',
      'too-many-requests',
      'list',
      'list',
      'too-many-requests',
    ]);
    expect(await outcomes('a', 'a', 'd')).toEqual(['list', 'list', 'list']);
  });
});
