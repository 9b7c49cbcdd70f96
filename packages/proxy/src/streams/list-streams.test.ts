import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { maxStreamRows, streamAnswerSchema, type Change, type StreamAnswer } from '@sallyport/contracts';
import { createLogger, ProblemError, type ServiceRequest } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import type { AllowedExchange } from '../exchange/exchange.ts';
import { allow, createRig, type Rig } from '../testing/gateway-rig.ts';
import { createLiveSessions } from '../recordings/live-sessions.ts';
import { createAnswerQuestion } from './answer-question.ts';
import { createEndedStreams } from './describe-stream.ts';
import { selectStreams } from './select-streams.ts';

const token = `Bearer spt_${'a'.repeat(43)}`;
const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const question = '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11';

let rig: Rig;
afterEach(() => rig.close());

async function start(): Promise<void> {
  rig = await createRig(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"BOOKMARK"}\n');
    },
    { perUser: 3000 },
  );
}

/** Opens a stream as a user and waits for its first bytes. */
async function open(path: string, subject = 'alice', sessionId = `ses_${subject}`): Promise<IncomingMessage> {
  const answer = allow();
  rig.answer = () => ({
    ...answer,
    session: { ...answer.session!, id: sessionId },
    identity: { ...answer.identity!, subject, user: `${subject}@example.com` },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ port: rig.port, host: '127.0.0.1', path, headers: { authorization: token }, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
  response.on('error', () => {});
  await new Promise((resolve) => {
    response.once('data', resolve);
  });
  return response;
}

const select = (more: Partial<Parameters<typeof selectStreams>[1]> = {}) =>
  selectStreams(rig.streams.registry, { ended: false, where: {}, ...more }, 'proxy/test');
const of = (subject: string) => ({ issuer: 'https://idp', subject });

describe('the streams of a gateway', () => {
  it('are described with user, target, address, start and bytes, and without anything that could be used to log in', async () => {
    await start();
    const from = Date.now();
    await open(`${pods}/web/log?follow=true`);
    const { rows, omitted } = select();
    expect([rows, omitted]).toEqual([
      [
        {
          id: expect.stringMatching(/^[\da-f-]{36}$/),
          kind: 'log',
          proxy: 'proxy/test',
          cluster: 'dev',
          verb: 'get',
          clientAddress: '127.0.0.1',
          auditId: expect.stringMatching(/^[\da-f-]{36}$/),
          issuer: 'https://idp',
          subject: 'alice',
          user: 'alice@example.com',
          sessionId: 'ses_alice',
          namespace: 'dev',
          resource: 'pods',
          name: 'web',
          subresource: 'log',
          path: '/api/v1/namespaces/dev/pods/web/log',
          since: expect.any(Number),
          bytesIn: 0,
          bytesOut: 20,
        },
      ],
      0,
    ]);
    expect(rows[0]!.since).toBeGreaterThanOrEqual(from);
    expect(JSON.stringify(rows)).not.toMatch(/spt_|planted/);
  });

  it('are those of one owner, session, user or cluster, as asked', async () => {
    await start();
    await open(`${pods}?watch=true`, 'alice', 'ses_1');
    await open(`${pods}?watch=true`, 'alice', 'ses_2');
    await open(`${pods}?watch=true`, 'bob');
    const sessions = (more: Parameters<typeof select>[0]) => select(more).rows.map(({ sessionId }) => sessionId);
    expect(sessions({})).toEqual(['ses_1', 'ses_2', 'ses_bob']);
    expect(sessions({ of: of('alice') })).toEqual(['ses_1', 'ses_2']);
    expect(sessions({ of: { issuer: 'https://other', subject: 'alice' } })).toEqual([]);
    expect(sessions({ where: { session: 'ses_2' } })).toEqual(['ses_2']);
    expect(sessions({ where: { user: 'bob@example.com', cluster: 'dev' } })).toEqual(['ses_bob']);
    expect(sessions({ of: of('alice'), where: { user: 'bob@example.com' } })).toEqual([]);
    expect(sessions({ where: { cluster: 'prod' } })).toEqual([]);
  });

  it('that have ended are listed by time, with the reason if the gateway ended them', async () => {
    await start();
    const [first, second] = [await open(`${pods}?watch=true`, 'alice'), await open(`${pods}?watch=true`, 'bob')];
    first.destroy();
    await until(() => rig.streams.registry.size === 1);
    second.resume();
    rig.streams.registry.cut(Array.from(rig.streams.registry.all())[0]!, {
      reason: 'not-allowed',
      code: 'forbidden',
      detail: 'not any more',
    });
    await until(() => rig.streams.registry.size === 0);
    const { rows } = select({ ended: true });
    expect(rows.map(({ user, reason, detail }) => [user, reason, detail])).toEqual([
      ['bob@example.com', 'not-allowed', 'not any more'],
      ['alice@example.com', undefined, undefined],
    ]);
    expect(rows.every(({ end, since }) => end! >= since)).toBe(true);
    expect(select({ ended: true, of: of('alice') }).rows).toHaveLength(1);
    expect(select({ ended: true, where: { session: 'ses_bob' } }).rows).toHaveLength(1);
    expect(select().rows).toEqual([]);
  });

  it('of one user, however many and long, hide neither those of other users nor an exec among plain requests', async () => {
    await start();
    await open(`${pods}?watch=true`, 'mallory');
    await open(`${pods}?watch=true`, 'bob');
    const [mine, bobs] = Array.from(rig.streams.registry.all());
    const asked = { ...mine!.exchange.asked, path: '\u001b'.repeat(5000), name: '\u001b'.repeat(5000) };
    const requests = Array.from({ length: 400 }, () => ({
      ...mine!,
      kind: 'request' as const,
      exchange: { ...mine!.exchange, asked } as AllowedExchange,
    }));
    const exec = { ...mine!, kind: 'exec' as const, openedAt: mine!.openedAt + 1 };
    const found = selectStreams(
      { all: () => [...requests, exec, bobs!], ofUser: () => [], ended: () => [] },
      { ended: false, where: {} },
      'proxy/test',
    );
    expect(found.omitted).toBeGreaterThan(200);
    expect(found.rows.filter(({ kind, subject }) => kind === 'exec' || subject === 'bob')).toHaveLength(2);
    expect(found.rows.map(({ since }) => since)).toEqual(
      found.rows.map(({ since }) => since).toSorted((a, b) => a - b),
    );
    const row = found.rows.at(-1)!;
    const ended = createEndedStreams();
    for (const [subject, count] of [
      ['bob', 3],
      ['mallory', 5000],
      ['carol', 2],
    ] as const)
      for (let at = 0; at < count; at += 1) ended.add({ ...row, subject, end: at });
    expect(ended.rows()).toHaveLength(1000);
    expect(
      ['bob', 'carol'].map((subject) =>
        ended
          .rows()
          .filter((one) => one.subject === subject)
          .map(({ end }) => end),
      ),
    ).toEqual([
      [2, 1, 0],
      [1, 0],
    ]);
    expect(ended.rows().find(({ subject }) => subject === 'mallory')!.end).toBe(4999);
  });

  it('go into an answer as far as there is room, and the others are counted', async () => {
    await start();
    await open(`${pods}?watch=true`);
    const [one] = Array.from(rig.streams.registry.all());
    const many = (count: number, path: string) => ({
      all: () =>
        Array.from({ length: count }, () => ({
          ...one!,
          exchange: { ...one!.exchange, asked: { ...one!.exchange.asked, path, name: path } } as AllowedExchange,
        })),
      ofUser: () => [],
      ended: () => [],
    });
    const answer = (rows: ReturnType<typeof selectStreams>): StreamAnswer => ({
      question,
      proxy: 'proxy/test',
      ...rows,
    });
    const short = selectStreams(many(maxStreamRows + 500, '/p'), { ended: false, where: {} }, 'proxy/test');
    expect([short.rows.length + short.omitted, short.rows.length > 1000]).toEqual([2500, true]);
    const long = selectStreams(many(2000, `/${'\u001b'.repeat(5000)}`), { ended: false, where: {} }, 'proxy/test');
    expect([long.rows.length + long.omitted, long.rows.length < 200]).toEqual([2000, true]);
    for (const each of [short, long]) {
      expect(streamAnswerSchema.safeParse(answer(each)).error).toBeUndefined();
      expect(Buffer.byteLength(JSON.stringify(answer(each)))).toBeLessThan(1100 * 1024);
    }
  });
});

describe('a question in the change feed', () => {
  const asking = (request: (call: ServiceRequest) => Promise<never>) => {
    const lines: string[] = [];
    const logger = createLogger({
      service: 'proxy',
      level: 'warn',
      destination: { write: (line: string) => void lines.push(line) },
    });
    return {
      answer: createAnswerQuestion({
        registry: rig.streams.registry,
        authorize: { request },
        live: createLiveSessions(),
        replica: 'proxy/test',
        logger,
      }),
      lines,
    };
  };

  it('is answered with the streams that it is about', async () => {
    await start();
    await open(`${pods}?watch=true`, 'alice');
    await open(`${pods}?watch=true`, 'bob');
    const calls: ServiceRequest[] = [];
    const { answer } = asking(async (call) => void calls.push(call) as never);
    await answer({
      type: 'streams-requested',
      question: { id: question, ended: false, of: of('bob'), where: {} },
    });
    expect(calls).toMatchObject([
      {
        method: 'POST',
        path: '/v1/streams/answer',
        body: { question, proxy: 'proxy/test', rows: [{ user: 'bob@example.com' }], omitted: 0 },
      },
    ]);
    for (const type of ['hello', 'gap', 'session-revoked'])
      await answer({ type, question: { id: question } } as Change);
    expect(calls).toHaveLength(1);
  });

  it('ends one stream in the name of its owner or of another user, before it is answered', async () => {
    await start();
    const opened = [await open(`${pods}?watch=true`, 'alice'), await open(`${pods}?watch=true`, 'bob')];
    for (const response of opened) response.resume();
    const idOf = (subject: string) => select({ of: of(subject) }).rows[0]!.id;
    const calls: ServiceRequest[] = [];
    const { answer } = asking(async (call) => void calls.push(call) as never);
    const end = (by: string, stream: string | undefined, owner?: string) =>
      answer({
        type: 'streams-requested',
        question: {
          id: question,
          ended: false,
          where: { stream },
          ...(owner === undefined ? {} : { of: of(owner) }),
          endedBy: { ...of(by), user: `${by}\u001b@example.com` },
        },
      });
    const [alices, bobs] = [idOf('alice'), idOf('bob')];
    // mallory has no right to the streams of others, and a question about no stream in particular is not valid.
    await end('mallory', alices, 'mallory');
    await end('mallory', undefined);
    await end('mallory', 'other');
    expect(rig.streams.registry.size).toBe(2);
    await end('alice', alices, 'alice');
    await end('carol', bobs);
    expect(calls.map(({ body }) => (body as StreamAnswer).rows.map(({ id, reason }) => [id, reason]))).toEqual([
      [],
      [],
      [[alices, 'ended-by-user']],
      [[bobs, 'ended-by-user']],
    ]);
    await until(() => rig.streams.registry.size === 0);
    expect(select({ ended: true }).rows.map(({ id, reason, detail }) => [id, reason, detail])).toEqual([
      [bobs, 'ended-by-user', 'carol\\u001b@example.com ended this stream.'],
      [alices, 'ended-by-user', 'You ended this stream.'],
    ]);
    const recorded = rig.events.flatMap(({ type, data: { sallyport } }) =>
      sallyport.stream?.reason === 'ended-by-user' ? [`${type} ${sallyport.stream.id}`] : [],
    );
    for (const id of [alices, bobs])
      expect(recorded.filter((one) => one.endsWith(id))).toEqual(
        expect.arrayContaining([`stream.cut ${id}`, `stream.closed ${id}`]),
      );
  });

  it('that is not valid, or whose answer is refused, does no harm, and is logged unless the question was closed', async () => {
    await start();
    const { answer, lines } = asking(() => Promise.reject(new ProblemError('service-unavailable', 'down')));
    for (const asked of [undefined, null, 7, {}, { id: 'x' }, { id: question, ended: 'yes', where: {} }])
      await answer({ type: 'streams-requested', question: asked });
    await answer({ type: 'streams-requested', question: { id: question, ended: false, where: {} } });
    expect(lines).toHaveLength(7);
    const late = asking(() => Promise.reject(new ProblemError('not-found', 'This question is no longer open.')));
    await late.answer({ type: 'streams-requested', question: { id: question, ended: false, where: {} } });
    expect(late.lines).toEqual([]);
  });
});
