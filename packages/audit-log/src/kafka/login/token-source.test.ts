import { describe, expect, it } from '@jest/globals';
import { createTokenSource, type IssuedToken } from './token-source.ts';

function startSource() {
  const state = { now: 0, requests: 0, late: [] as string[], down: false, lifetimeMs: 300_000 };
  const release: (() => void)[] = [];
  const source = createTokenSource({
    monotonicNow: () => state.now,
    onLate: ({ message }) => void state.late.push(message),
    async request(): Promise<IssuedToken> {
      state.requests += 1;
      const value = `token-${state.requests}`;
      await new Promise<void>((resolve) => void release.push(resolve));
      if (state.down) throw new Error('away');
      return { value, lifetimeMs: state.lifetimeMs };
    },
  });
  /** Asks, and answers what was requested for it. */
  const ask = async (): Promise<string> => {
    const asked = source.token();
    asked.catch(() => undefined);
    await Promise.resolve();
    for (const one of release.splice(0)) one();
    return asked;
  };
  return { state, source, ask, release: () => release.splice(0).forEach((one) => one()) };
}

describe('the tokens of a Kafka client', () => {
  it('are requested once for all connections that ask at the same time', async () => {
    const { state, source, release } = startSource();
    const asked = [source.token(), source.token(), source.token()];
    release();
    expect(await Promise.all(asked)).toEqual(['token-1', 'token-1', 'token-1']);
    expect(state.requests).toBe(1);
  });

  it.each([
    ['a fifth of their lifetime', 300_000, 240_000],
    ['ten seconds', 30_000, 20_000],
    ['half of their lifetime, if that is short,', 8000, 4000],
  ])('are kept until %s is left', async (_what, lifetimeMs, renewedAt) => {
    const { state, ask } = startSource();
    state.lifetimeMs = lifetimeMs;
    expect(await ask()).toBe('token-1');
    state.now = renewedAt - 1;
    expect(await ask()).toBe('token-1');
    state.now = renewedAt;
    expect(await ask()).toBe('token-2');
    expect(state.requests).toBe(2);
  });

  it('are used to their end while the provider is away, which is reported, and the provider is asked once a second', async () => {
    const { state, ask } = startSource();
    state.lifetimeMs = 50_000;
    await ask();
    state.down = true;
    for (const now of [40_000, 40_500, 40_999]) {
      state.now = now;
      expect(await ask()).toBe('token-1');
    }
    expect([state.requests, state.late]).toEqual([2, ['away']]);
    state.now = 41_001;
    expect(await ask()).toBe('token-1');
    expect(state.requests).toBe(3);
    state.now = 46_999;
    expect(await ask()).toBe('token-1');
    // A broker would end a connection with it almost at once.
    state.now = 47_000;
    await expect(ask()).rejects.toThrow('away');
    await expect(ask()).rejects.toThrow('away');
    expect(state.requests).toBe(4);
    state.down = false;
    state.now = 48_100;
    expect(await ask()).toBe('token-5');
  });

  it('are forgotten when the broker refuses them, except if another one was requested since', async () => {
    const { state, source, ask } = startSource();
    const first = await ask();
    source.refused(first);
    const second = await ask();
    expect(second).toBe('token-2');
    source.refused(first);
    expect(await ask()).toBe('token-2');
    expect(state.requests).toBe(2);
  });
});
