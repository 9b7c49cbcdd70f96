import { describe, expect, it } from '@jest/globals';
import type { StreamAnswer, StreamQuestion, WatchRequest } from '@sallyport/contracts';
import { createConcurrencyLimiter, type Caller } from '@sallyport/kit';
import { createMemoryStreamQuestionRegistry } from '@sallyport/stores';
import { exampleStreamRow } from '@sallyport/stores/testing';
import { createAskGateways } from './ask-gateways.ts';
import { createWatchStream } from './stream-questions.ts';

const caller: Caller = {
  session: { id: 'ses_1', kind: 'cli', expiresAt: 1 },
  identity: {
    provider: 'corp',
    issuer: 'https://idp',
    subject: 'carol',
    user: 'carol@example.com',
    groups: [],
    amr: [],
  },
  privileged: false,
  clientAddress: '10.0.0.9',
};
const watch: WatchRequest['watch'] = {
  watcher: '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11',
  proxy: 'proxy/a',
  after: 7,
  recipient: `age1${'q'.repeat(58)}`,
};
const watched = { sealed: 'c2VhbGVk', next: 9, lost: 0, isOver: false };

function rig(answerOf: (question: StreamQuestion) => (Partial<StreamAnswer> & { proxy: string })[]) {
  const registry = createMemoryStreamQuestionRegistry({ now: Date.now });
  const asked: StreamQuestion[] = [];
  registry.onQuestion((question) => {
    asked.push(question);
    for (const answer of answerOf(question))
      void registry.answer({ question: question.id, rows: [], omitted: 0, ...answer });
  });
  const ask = createAskGateways({
    registry,
    replicas: {
      list: async () => ['proxy/a', 'proxy/b'].map((id) => ({ id, service: 'proxy' }) as never),
    },
    settled: () => true,
    answerMs: 200,
  });
  return { asked, watchStream: createWatchStream({ ask, limiter: createConcurrencyLimiter({ total: 1 }) }) };
}

describe('a watch', () => {
  it('finds the stream on whichever gateway it is open, without the key of its user', async () => {
    const row = exampleStreamRow({ id: 'stream-1', recording: 'rec-1' });
    const { watchStream } = rig(() => [{ proxy: 'proxy/a' }, { proxy: 'proxy/b', rows: [row] }]);
    const found = await watchStream(caller, { stream: 'stream-1' });
    expect(found.row).toMatchObject({ id: 'stream-1', recording: 'rec-1' });
    expect(found.row).not.toHaveProperty('subject');
  });

  it('waits only for the gateway that it asks, and takes the answer of no other', async () => {
    const { watchStream, asked } = rig(() => [
      { proxy: 'proxy/b', watched: { ...watched, sealed: 'b3RoZXI=' } },
      { proxy: 'proxy/a', watched },
    ]);
    expect(await watchStream(caller, { stream: 'stream-1', watch })).toEqual({ watched });
    expect(asked).toMatchObject([{ where: { stream: 'stream-1' }, watch }]);
  });

  it('of a stream that is not there is a 404, and a 503 if a gateway did not answer', async () => {
    const all = rig(() => [{ proxy: 'proxy/a' }, { proxy: 'proxy/b' }]);
    await expect(all.watchStream(caller, { stream: 'x' })).rejects.toMatchObject({ code: 'not-found' });
    const one = rig(() => [{ proxy: 'proxy/a' }]);
    await expect(one.watchStream(caller, { stream: 'x' })).rejects.toMatchObject({ code: 'service-unavailable' });
    const none = rig(() => [{ proxy: 'proxy/b', watched }]);
    await expect(none.watchStream(caller, { stream: 'x', watch })).rejects.toMatchObject({
      code: 'service-unavailable',
    });
  });
});
