import { describe, expect, it } from '@jest/globals';
import type { Caller } from '@sallyport/kit';
import { createMemoryStreamQuestionRegistry } from '@sallyport/stores';
import { createStreamQuestions } from './stream-questions.ts';

const caller: Caller = {
  session: { id: 'ses_1', kind: 'cli', expiresAt: 1 },
  identity: { provider: 'corp', issuer: 'https://idp', subject: 'bob', user: 'bob@example.com', groups: [], amr: [] },
  privileged: false,
  clientAddress: '10.0.0.9',
};

describe('a list when no gateway has reported', () => {
  it('is waited for soon after the start and after every gap, and is empty at once when reports would have arrived', async () => {
    const clock = { now: 0 };
    let gap = () => {};
    const questions = createStreamQuestions({
      registry: createMemoryStreamQuestionRegistry({ now: Date.now }),
      replicas: { list: async () => [] },
      now: () => clock.now,
      sessions: {
        onGap: (listener) => {
          gap = listener;
          return () => {
            gap = () => {};
          };
        },
      },
    });
    const waits = async () => {
      const at = performance.now();
      expect(await questions.list(caller, '{"ended":false,"all":false,"where":{}}')).toEqual({
        streams: [],
        missing: [],
        omitted: 0,
      });
      return performance.now() - at > 900;
    };
    expect(await waits()).toBe(true);
    clock.now = 6000;
    expect(await waits()).toBe(false);
    gap();
    expect(await waits()).toBe(true);
    clock.now = 12_000;
    expect(await waits()).toBe(false);
    questions.close();
    gap();
    expect(await waits()).toBe(false);
  });
});
