import { describe, expect, it } from '@jest/globals';
import type { OwnedStreamRow, StreamAnswer, StreamQuestion } from '@sallyport/contracts';
import { createConcurrencyLimiter, type Caller } from '@sallyport/kit';
import { exampleStreamRow } from '@sallyport/stores/testing';
import { createEndStream } from './stream-questions.ts';

const callerOf = (subject: string, privileged = false): Caller => ({
  session: { id: 'ses_1', kind: 'browser', expiresAt: 1 },
  identity: { provider: 'corp', issuer: 'https://idp', subject, user: `${subject}@example.com`, groups: [], amr: [] },
  privileged,
  clientAddress: '10.0.0.9',
});

/** Gateways that answer with these rows. */
function rig(rows: OwnedStreamRow[], missing: string[] = []) {
  const asked: StreamQuestion[] = [];
  const end = createEndStream({
    ask: (question) => {
      asked.push(question);
      const answer: StreamAnswer = { question: question.id, proxy: 'proxy/a', rows, omitted: 0 };
      return Promise.resolve({ answers: [answer], missing });
    },
    limiter: createConcurrencyLimiter({ total: 1 }),
  });
  return { end, asked };
}
const ended = exampleStreamRow({ id: 'stream-1', reason: 'ended-by-user', detail: 'You ended this stream.' });
const stream = { stream: 'stream-1' };

describe('the end of one stream', () => {
  it("is asked of all gateways, for the caller's own streams only, in the name of the caller", async () => {
    const { end, asked } = rig([ended]);
    await end(callerOf('alice'), stream);
    expect(asked).toEqual([
      {
        id: expect.any(String),
        ended: false,
        where: { stream: 'stream-1' },
        of: { issuer: 'https://idp', subject: 'alice' },
        endedBy: { issuer: 'https://idp', subject: 'alice', user: 'alice@example.com' },
      },
    ]);
  });

  it('is asked about the streams of all users for a caller who may end those of others', async () => {
    const { end, asked } = rig([ended]);
    await end(callerOf('bob', true), stream);
    expect(asked).toMatchObject([{ where: { stream: 'stream-1' }, endedBy: { subject: 'bob' } }]);
    expect(asked[0]).not.toHaveProperty('of');
  });

  it('is a 404 if no gateway has ended it, also if one only lists it or has ended another', async () => {
    for (const rows of [
      [],
      [exampleStreamRow({ id: 'stream-1' })],
      [exampleStreamRow({ id: 'stream-2', reason: 'ended-by-user' })],
    ])
      await expect(rig(rows).end(callerOf('alice'), stream)).rejects.toMatchObject({
        code: 'not-found',
        detail: 'No open stream has this ID, or it is not yours.',
      });
  });

  it('is not called missing while a gateway has not answered, and is done if another one has ended it', async () => {
    await expect(rig([], ['proxy/b']).end(callerOf('alice'), stream)).rejects.toMatchObject({
      code: 'service-unavailable',
    });
    await expect(rig([ended], ['proxy/b']).end(callerOf('alice'), stream)).resolves.toBeUndefined();
  });

  it('is refused if the key of the caller does not fit into a line of the feed, and no gateway is asked', async () => {
    const { end, asked } = rig([ended]);
    await expect(end(callerOf('x'.repeat(5000)), stream)).rejects.toMatchObject({ code: 'bad-request' });
    expect(asked).toEqual([]);
  });

  it('is limited in concurrency', async () => {
    const { end } = rig([ended]);
    const outcomes = await Promise.allSettled([end(callerOf('alice'), stream), end(callerOf('alice'), stream)]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'too-many-requests' } }]);
  });
});
