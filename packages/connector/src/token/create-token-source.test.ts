import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createTokenSource } from './create-token-source.ts';
import type { GrantedToken } from './request-token.ts';

const hour = 3_600_000;
let now: number;
let answers: (GrantedToken | Error)[];
let asked: number[];
let failures: unknown[];
beforeEach(() => {
  jest.useFakeTimers();
  [now, answers, asked, failures] = [0, [], [], []];
});
afterEach(() => void jest.useRealTimers());

const pass = async (ms: number) => {
  for (let left = ms; left > 0; left -= 500) {
    now += 500;
    await jest.advanceTimersByTimeAsync(500);
  }
};
const start = async () => {
  const source = createTokenSource({
    request: () => {
      asked.push(now);
      const answer = answers.shift() ?? new Error('no answer');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    now: () => now,
    random: () => 1,
    onRenewed: () => {},
    onFailed: (error) => failures.push(error),
  });
  await jest.advanceTimersByTimeAsync(0);
  return source;
};
const token = (name: string, lifetimeMs = hour) => ({ token: name, lifetimeMs });

describe('the token for the gateway', () => {
  it('is asked for at once and renewed at two thirds of its life', async () => {
    answers = [token('first'), token('second')];
    const source = await start();
    const renewals: unknown[] = [];
    source.subscribe(() => void renewals.push(source.current()));
    expect(source.current()).toEqual({ token: 'first', secondsLeft: 3600 });
    await pass(hour / 2);
    expect(source.current()).toEqual({ token: 'first', secondsLeft: 1800 });
    await pass(hour / 6);
    expect(asked).toEqual([0, (hour * 2) / 3]);
    expect(renewals).toEqual([{ token: 'second', secondsLeft: 3600 }]);
    source.close();
  });

  it('is asked for again after failures, with growing pauses, and is used until its end', async () => {
    answers = [token('first', 600_000)];
    const source = await start();
    await pass(600_000);
    expect(asked.slice(1).map((at, index) => at - asked[index]!)).toEqual([
      400_000, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(failures).toHaveLength(9);
    expect(source.current()).toBeUndefined();
    answers = [token('later')];
    await pass(60_000);
    expect(source.current()).toMatchObject({ token: 'later' });
    source.close();
  });

  it('is asked for at once when the API server has refused it, but not twice in ten seconds', async () => {
    answers = [token('first'), token('second'), token('third')];
    const source = await start();
    source.renew?.();
    await pass(10_000);
    for (let times = 0; times < 3; times += 1) source.renew?.();
    await pass(500);
    expect(asked).toEqual([0, 10_000]);
    expect(source.current()).toMatchObject({ token: 'second' });
    await pass((hour * 2) / 3);
    expect(asked).toHaveLength(3);
    source.close();
  });

  it('is not asked for after the end', async () => {
    answers = [token('first')];
    const source = await start();
    source.close();
    await pass(hour);
    expect(asked).toEqual([0]);
  });
});
