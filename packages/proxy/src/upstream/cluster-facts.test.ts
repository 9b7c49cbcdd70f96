import { describe, expect, it } from '@jest/globals';
import type { Ask } from './ask-cluster.ts';
import { createClusterFacts } from './cluster-facts.ts';

function setUp(readMs: number, read: () => ReadonlyMap<string, boolean> | undefined) {
  const state = { now: 1000, asked: [] as Ask[] };
  const facts = createClusterFacts({
    path: '/apis',
    accept: 'application/json',
    clock: () => state.now,
    async ask(request) {
      state.asked.push(request);
      return { status: 200, body: '', header: () => undefined };
    },
    read() {
      state.now += readMs;
      return read();
    },
  });
  return { state, facts };
}

describe('a document that takes long to parse', () => {
  it.each([
    ['contains nothing of use', () => undefined],
    ['contains a "no"', () => new Map([['a', false]])],
  ])('is asked for rarely if it %s, so that parsing takes a twentieth of the time at most', async (_what, read) => {
    const { state, facts } = setUp(800, read);
    for (const end = state.now + 60_000; state.now < end; state.now += 10) await facts.of('a');
    expect(state.asked.length).toBeGreaterThan(1);
    expect(state.asked.length * 800).toBeLessThanOrEqual(60_000 / 20 + 800);
  });

  it('is unknown until then, and never what it was before', async () => {
    const { state, facts } = setUp(800, () => new Map([['a', false]]));
    expect(await facts.of('a')).toBe(false);
    state.now += 2000;
    expect(await facts.of('a')).toBeUndefined();
    state.now += 14_000;
    expect(await facts.of('a')).toBe(false);
  });

  it('may be 4 MiB long', async () => {
    const { state, facts } = setUp(0, () => undefined);
    await facts.of('a');
    expect(state.asked[0]!.maxBytes).toBe(4 * 1024 * 1024);
  });
});
