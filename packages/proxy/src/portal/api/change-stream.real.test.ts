import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Change } from '@sallyport/contracts';
import { createListeners, ProblemError, type Caller } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import express from 'express';
import { createChangeStream, sendChangeStream } from './change-stream.ts';

const identity = { provider: 'p', issuer: 'i', subject: 's', user: 'carol', groups: [], amr: [] };
const caller: Caller = {
  session: { id: 'ses_1', kind: 'browser', expiresAt: 0 },
  identity,
  privileged: false,
  clientAddress: '10.0.0.9',
};
const own = { issuer: 'i', subject: 's' };
const bob = { issuer: 'i', subject: 'bob' };
const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function setUp() {
  const state = {
    rights: new Set<string | undefined>(),
    refusal: undefined as ProblemError | undefined,
    elevations: 1,
    uses: new Set<unknown>(),
  };
  const changes = createListeners<Change>();
  const work = createChangeStream({
    recheckMs: 50,
    onChange: changes.add,
    findCaller: async (_request, _credential, _address, area, _account, use) => {
      state.uses.add(use);
      if (state.refusal) throw state.refusal;
      const decision = { effect: 'allow' as const, rule: 'r', reasons: [], policyVersion: 'v' };
      return { caller: { ...caller, privileged: state.rights.has(area) }, answer: { decision } };
    },
    authorize: { request: async () => ({ status: 200, headers: {}, body: { elevations: state.elevations } }) },
  });
  const context = { credential: { hash: 'x' }, clientAddress: '10.0.0.9' } as never;
  const app = express();
  app.get('/x', async (request, response) => sendChangeStream(response, await work(request, caller, context)));
  app.use(((error: ProblemError, _request, response, _next) => {
    response.status(error.status).end();
  }) satisfies express.ErrorRequestHandler);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closes.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const open = async () => {
    const gone = new AbortController();
    closes.push(() => gone.abort());
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, { signal: gone.signal });
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>;
    const reader = answer.body!.pipeThrough(decoder).getReader();
    let text = '';
    /** Reads until the text is there, or to the end. */
    const readUntil = async (words: string) => {
      while (!text.includes(words)) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      return text;
    };
    return { answer, readUntil, gone };
  };
  return { state, changes, open };
}

describe('the stream of changes', () => {
  it('tells a person of what is their own, and of nothing else', async () => {
    const { changes, open } = await setUp();
    const { answer, readUntil } = await open();
    expect(answer.headers.get('content-type')).toMatch('text/event-stream');
    await readUntil('event: hello');
    changes.tell({ type: 'session-revoked', sessionId: 'ses_2', ...bob, at: 1 });
    changes.tell({ type: 'session-started', sessionId: 'ses_4', ...bob, at: 1 });
    changes.tell({ type: 'streams-changed', owners: [bob] });
    changes.tell({ type: 'policy-changed', policyVersion: 'w' });
    changes.tell({ type: 'elevation-changed', ...bob });
    changes.tell({ type: 'session-changed', sessionId: 'ses_3', ...own, at: 1 });
    expect((await readUntil('event: changed\n')).concat(await readUntil('}\n\n')).match(/data: \{"what.*/)?.[0]).toBe(
      'data: {"what":["sessions"]}',
    );
    changes.tell({ type: 'streams-changed', owners: [bob, own] });
    expect(await readUntil('["streams"]')).not.toContain('policy');
  });

  it('tells those with the right of what others do, from when they have it', async () => {
    const { state, changes, open } = await setUp();
    state.rights.add('sessions');
    const { readUntil } = await open();
    await readUntil('event: hello');
    changes.tell({ type: 'session-started', sessionId: 'ses_2', ...bob, at: 1 });
    await readUntil('["sessions"]');
    changes.tell({ type: 'streams-changed', owners: [bob] });
    await readUntil('["streams"]');
    state.rights.add('policy');
    await readUntil('["policy"]');
  });

  it('tells of elevations when the list that the caller sees is another one', async () => {
    const { state, open } = await setUp();
    const { readUntil } = await open();
    await readUntil('event: hello');
    state.elevations = 2;
    expect(await readUntil('["elevations"]')).not.toContain('streams');
  });

  it('ends, and says why, when the session ends, which it does not keep alive', async () => {
    const { state, changes, open } = await setUp();
    const { readUntil } = await open();
    await readUntil('event: hello');
    state.refusal = new ProblemError('unauthenticated', 'over');
    changes.tell({ type: 'session-revoked', sessionId: 'ses_1', ...own, at: 1 });
    expect(await readUntil('never')).toMatch(/event: end\ndata: \{"reason":"session-ended"\}\n\n$/);
    expect(state.uses).toEqual(new Set([false]));
    expect(changes.size).toBe(0);
  });

  it('is refused to a person who has four open, until one of them is gone', async () => {
    const { changes, open } = await setUp();
    const all = [];
    for (let count = 0; count < 4; count += 1) all.push(await open());
    expect((await open()).answer.status).toBe(429);
    for (const { readUntil } of all) await readUntil('event: hello');
    all[0]!.gone.abort();
    await until(() => changes.size <= 3);
    expect((await open()).answer.status).toBe(200);
  });
});
