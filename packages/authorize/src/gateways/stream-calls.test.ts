import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StreamQuestion } from '@sallyport/contracts';
import { callerHeader, encodeCaller } from '@sallyport/kit';
import { exampleStreamRow } from '@sallyport/stores/testing';
import { startRig } from '../testing/authorize-rig.ts';

let rig: Awaited<ReturnType<typeof startRig>>;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const row = exampleStreamRow({
  kind: 'watch',
  verb: 'watch',
  name: '',
  subresource: '',
  path: '/api/v1/namespaces/dev/pods',
});
const alice = encodeCaller({
  session: { id: 'ses_1', kind: 'cli', expiresAt: 1 },
  identity: {
    provider: 'corp',
    issuer: 'https://idp',
    subject: 'alice',
    user: 'alice@example.com',
    groups: [],
    amr: [],
  },
  privileged: false,
  clientAddress: '10.0.0.9',
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${rig.url}${path}`, {
    method: 'POST',
    headers: { authorization: rig.authorization, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const list = (body: unknown, caller: string | undefined = alice) =>
  post('/v1/streams', body, caller === undefined ? {} : { [callerHeader]: caller });

describe('POST /v1/streams', () => {
  it('asks the subscribers of the change feed, and returns their answers', async () => {
    const feed = (await fetch(`${rig.url}/v1/changes`, { headers: { authorization: rig.authorization } }))
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    await feed.read();
    expect(
      (
        await post('/v1/replicas', {
          replica: {
            service: 'proxy',
            id: 'proxy/1',
            host: 'pod',
            version: 'v',
            since: 1,
            startedAt: 1,
            restartNeeded: [],
          },
        })
      ).status,
    ).toBe(204);
    const listing = list({ ended: false, all: false, where: {} });
    const { type, question } = JSON.parse((await feed.read()).value!) as { type: string; question: StreamQuestion };
    expect([type, question.of]).toEqual(['streams-requested', { issuer: 'https://idp', subject: 'alice' }]);
    expect(
      (await post('/v1/streams/answer', { question: question.id, proxy: 'proxy/1', rows: [row], omitted: 0 })).status,
    ).toBe(204);
    const response = await listing;
    const { issuer: _issuer, subject: _subject, ...shown } = row;
    expect([response.status, await response.json()]).toEqual([200, { streams: [shown], missing: [], omitted: 0 }]);
    const late = await post('/v1/streams/answer', { question: question.id, proxy: 'proxy/1', rows: [row], omitted: 0 });
    expect(late.status).toBe(404);
    await feed.cancel();
  });

  it('names a gateway that has reported but does not answer', async () => {
    await post('/v1/replicas', {
      replica: {
        service: 'proxy',
        id: 'proxy/silent',
        host: 'pod',
        version: 'v',
        since: 1,
        startedAt: 1,
        restartNeeded: [],
      },
    });
    expect(await (await list({ ended: false, all: false, where: {} })).json()).toEqual({
      streams: [],
      missing: ['proxy/silent'],
      omitted: 0,
    });
  });

  it('is refused for the streams of others if the caller has no right to them', async () => {
    const response = await list({ ended: false, all: true, where: {} });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([403, 'forbidden']);
  });

  it.each([
    '',
    '{',
    'null',
    '{}',
    { ended: 'false', all: false, where: {} },
    { ended: false, all: false, where: { user: '' } },
    { ended: false, all: false, where: {}, of: { issuer: 'i', subject: 'bob' } },
    { ended: false, all: false, where: { subject: 'bob' } },
  ])('is a 400 with the body %j', async (body) => {
    expect((await list(body)).status).toBe(400);
  });

  it('needs a caller', async () => {
    expect((await post('/v1/streams', { ended: false, all: false, where: {} })).status).toBe(401);
    expect((await list({ ended: false, all: false, where: {} }, 'x')).status).toBe(400);
  });

  it('accepts answers from gateways only', async () => {
    for (const name of ['authenticate', 'audit'] as const) {
      const authorization = await rig.credential(name);
      for (const path of ['/v1/streams', '/v1/streams/end', '/v1/streams/watch', '/v1/streams/answer'])
        expect((await post(path, {}, { authorization })).status).toBe(403);
    }
  });
});

describe('POST /v1/streams/watch', () => {
  const proxy = 'proxy/1';
  const watch = { watcher: '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11', proxy, recipient: `age1${'q'.repeat(58)}` };
  const ask = (body: unknown) => post('/v1/streams/watch', body, { [callerHeader]: alice });

  it('asks one gateway over the change feed, and returns the largest answer', async () => {
    const feed = (await fetch(`${rig.url}/v1/changes`, { headers: { authorization: rig.authorization } }))
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    await feed.read();
    const asking = ask({ stream: 'stream-1', watch: { ...watch, after: 3 } });
    const { question } = JSON.parse((await feed.read()).value!) as { question: StreamQuestion };
    expect(question).toMatchObject({ where: { stream: 'stream-1' }, watch: { ...watch, after: 3 } });
    const watched = { sealed: 'x'.repeat(512 * 1024), next: 9, lost: 1, isOver: false };
    const given = { question: question.id, proxy, rows: [], omitted: 0, watched };
    expect((await post('/v1/streams/answer', given)).status).toBe(204);
    const response = await asking;
    expect([response.status, await response.json()]).toEqual([200, { watched }]);
    await feed.cancel();
  });

  it.each([{}, { stream: '' }, { stream: 'x', watch: { ...watch, recipient: 'age1' } }, { stream: 'x', of: {} }])(
    'is a 400 with the body %j',
    async (body) => {
      expect((await ask(body)).status).toBe(400);
    },
  );
});

describe('POST /v1/streams/end', () => {
  const end = (body: unknown, caller: string | undefined = alice) =>
    post('/v1/streams/end', body, caller === undefined ? {} : { [callerHeader]: caller });

  it('passes the end on through the change feed, and is a 204 when a gateway has ended the stream', async () => {
    const feed = (await fetch(`${rig.url}/v1/changes`, { headers: { authorization: rig.authorization } }))
      .body!.pipeThrough(new TextDecoderStream())
      .getReader();
    await feed.read();
    const ending = end({ stream: 'stream-1' });
    const { question } = JSON.parse((await feed.read()).value!) as { question: StreamQuestion };
    expect(question).toMatchObject({
      ended: false,
      of: { issuer: 'https://idp', subject: 'alice' },
      where: { stream: 'stream-1' },
      endedBy: { issuer: 'https://idp', subject: 'alice', user: 'alice@example.com' },
    });
    const rows = [{ ...row, reason: 'ended-by-user', detail: 'You ended this stream.' }];
    await post('/v1/streams/answer', { question: question.id, proxy: 'proxy/1', rows, omitted: 0 });
    expect((await ending).status).toBe(204);
    await feed.cancel();
  });

  it('is a 404 if no gateway has the stream', async () => {
    const response = await end({ stream: 'stream-1' });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'not-found']);
  });

  it.each(['', '{', {}, { stream: '' }, { stream: 7 }, { stream: 'x'.repeat(301) }, { stream: 'a', all: true }])(
    'is a 400 with the body %j',
    async (body) => {
      expect((await end(body)).status).toBe(400);
    },
  );

  it('needs a caller', async () => {
    expect((await post('/v1/streams/end', { stream: 'stream-1' })).status).toBe(401);
  });
});

describe('POST /v1/streams/answer', () => {
  const answer = { question: '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11', proxy: 'proxy/1', rows: [], omitted: 0 };

  it('to a question that is not open is a 404', async () => {
    expect((await post('/v1/streams/answer', answer)).status).toBe(404);
  });

  it.each([
    '',
    '[]',
    { ...answer, question: 'x' },
    { ...answer, proxy: 'authorize/1' },
    { ...answer, proxy: '' },
    { ...answer, rows: [{}] },
    { ...answer, rows: [{ ...row, since: '1' }] },
    { ...answer, omitted: -1 },
    { ...answer, more: 1 },
    { ...answer, rows: Array(2001).fill(row) },
  ])('that is invalid is a 400 (%#)', async (body) => {
    expect((await post('/v1/streams/answer', body)).status).toBe(400);
  });

  it('of more than a megabyte and a half is a 413', async () => {
    expect((await post('/v1/streams/answer', 'x'.repeat(1536 * 1024 + 1))).status).toBe(413);
  });
});
