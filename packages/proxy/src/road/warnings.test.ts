import { describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { createWarnings } from './warnings.ts';

function answerOf(session: string, more: object = { breakGlass: true }): CheckAnswer {
  const elevation = { id: 'e1', name: 'prod-now', expiresAt: 60_000, approvers: [], ...more };
  return { session: { id: session, kind: 'cli', expiresAt: 1 }, elevations: [elevation] } as unknown as CheckAnswer;
}

describe('the warning of break-glass', () => {
  it('is what Kubernetes clients can read, once a minute for each session and elevation', () => {
    let time = 0;
    const warn = createWarnings({ now: () => time });
    const text = '299 - "break-glass prod-now is active until 1970-01-01T00:01:00.000Z; everything you do is recorded"';
    expect([warn(answerOf('a')), warn(answerOf('a')), warn(answerOf('b'))]).toEqual([text, undefined, text]);
    // A new one is not silent because another has just ended.
    expect(warn(answerOf('a', { breakGlass: true, id: 'e2' }))).toBe(text);
    time = 59_999;
    expect(warn(answerOf('a'))).toBeUndefined();
    time = 60_000;
    expect([warn(answerOf('a')), warn(answerOf('a'))]).toEqual([text, undefined]);
  });

  it('is only for break-glass', () => {
    const warn = createWarnings({ now: () => 0 });
    expect(warn(answerOf('a', {}))).toBeUndefined();
    expect(warn({ ...answerOf('a'), elevations: undefined })).toBeUndefined();
    expect(warn(undefined)).toBeUndefined();
  });

  it('forgets the sessions that were warned the longest ago, so that it stays small', () => {
    const warn = createWarnings({ now: () => 0 });
    for (let index = 0; index <= 10_000; index += 1) warn(answerOf(`s${index}`));
    expect([warn(answerOf('s10000')), warn(answerOf('s0'))]).toEqual([undefined, expect.any(String)]);
  });
});

describe('the warning of approvals that wait', () => {
  const answer = (session: string, approvalsWaiting?: number): CheckAnswer =>
    ({ session: { id: session, kind: 'cli', expiresAt: 1 }, approvalsWaiting }) as unknown as CheckAnswer;

  it('is given once in ten minutes for each session, and only while some wait', () => {
    let time = 0;
    const warn = createWarnings({ now: () => time });
    const text = '299 - "1 elevation waits for your approval; to see it, run: sallyport elevations list"';
    expect([warn(answer('a')), warn(answer('a', 1)), warn(answer('a', 2)), warn(answer('b', 1))]).toEqual([
      undefined,
      text,
      undefined,
      text,
    ]);
    time = 600_000;
    expect(warn(answer('a', 2))).toContain('"2 elevations wait for your approval');
  });

  it('comes after that of break-glass', () => {
    const warn = createWarnings({ now: () => 0 });
    const both = { ...answerOf('a'), approvalsWaiting: 1 };
    expect([warn(both), warn(both), warn(both)]).toEqual([
      expect.stringContaining('break-glass'),
      expect.stringContaining('waits for your approval'),
      undefined,
    ]);
  });
});
