import { describe, expect, it } from '@jest/globals';
import { createRefreshed, refreshTimes } from './refreshed.ts';

const { freshMs, graceMs, pauseMs } = refreshTimes;

function setUp() {
  const state = { now: 0, fetches: 0, value: ['a'], fails: false };
  const refreshed = createRefreshed({
    now: () => state.now,
    async fetch() {
      state.fetches += 1;
      if (state.fails) throw new Error('down');
      return state.value;
    },
  });
  return { state, get: (key: string) => refreshed.get((value) => value.includes(key)) };
}

describe('a refreshed value', () => {
  it('is fetched once for callers at the same time, and kept while it is fresh', async () => {
    const { state, get } = setUp();
    await Promise.all([get('a'), get('a'), get('b')]);
    state.now = freshMs - 1;
    await get('a');
    expect(state.fetches).toBe(1);
    state.now = freshMs;
    await get('a');
    expect(state.fetches).toBe(2);
  });

  it('is fetched at most once per pause, however many unknown keys are asked for', async () => {
    const { state, get } = setUp();
    for (let n = 0; n < 100; n += 1) expect(await get(`unknown-${n}`)).toEqual(['a']);
    expect(state.fetches).toBe(1);
    state.now = pauseMs;
    state.value = ['a', 'new'];
    expect(await get('new')).toContain('new');
    expect(state.fetches).toBe(2);
  });

  it('is used for a bounded time while it cannot be fetched, but not for what it lacks', async () => {
    const { state, get } = setUp();
    await get('a');
    state.fails = true;
    state.now = graceMs - 1;
    expect(await get('a')).toEqual(['a']);
    await expect(get('b')).rejects.toThrow('down');
    state.now = graceMs;
    await expect(get('a')).rejects.toThrow('down');
    const { fetches } = state;
    await expect(get('a')).rejects.toThrow('down');
    expect(state.fetches).toBe(fetches);
    state.fails = false;
    state.now += pauseMs;
    expect(await get('a')).toEqual(['a']);
  });

  it('is not there before the first fetch succeeds', async () => {
    const { state, get } = setUp();
    state.fails = true;
    await expect(get('a')).rejects.toThrow('down');
    state.fails = false;
    await expect(get('a')).rejects.toThrow('down');
    state.now = pauseMs;
    expect(await get('a')).toEqual(['a']);
  });
});
