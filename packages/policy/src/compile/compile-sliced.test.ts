import { describe, expect, it } from '@jest/globals';
import { compilePolicy, compilePolicySliced } from './compile-policy.ts';

const rules = (count: number) =>
  Array.from({ length: count }, (_none, index) => ({
    allow: { and: [{ groups: `team-${index}` }, { 'k8s/namespace': { starts_with: `team-${index}-` } }] },
  }));
const withoutClosures = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

/** A clock that advances by one millisecond at each call, so that slices are counted in steps. */
function countingClock() {
  let looks = 0;
  let pauses = 0;
  return {
    now: () => {
      looks += 1;
      return looks;
    },
    pause: async () => {
      pauses += 1;
    },
    pauses: () => pauses,
    looks: () => looks,
  };
}

describe('compiling in slices', () => {
  it('has the same result as compiling at once, including faults and warnings', async () => {
    for (const document of [
      rules(50),
      {},
      [],
      null,
      [{ alow: 1 }, { allow: { or: [{ gruops: 'x' }] } }],
      { allow: { and: [] } },
    ]) {
      const sliced = await compilePolicySliced(document, { scope: 'x', pause: async () => {} });
      expect(withoutClosures(sliced)).toEqual(withoutClosures(compilePolicy(document, { scope: 'x' })));
    }
  });

  it('pauses repeatedly, also within one rule', async () => {
    for (const document of [rules(1000), { allow: { or: Array.from({ length: 2000 }, () => ({ groups: 'x' })) } }]) {
      const clock = countingClock();
      expect((await compilePolicySliced(document, { scope: 'x', sliceMs: 10, ...clock })).ok).toBe(true);
      expect(clock.pauses()).toBeGreaterThan(150);
      expect(clock.looks() / clock.pauses()).toBeLessThan(15);
    }
  });

  it('reports a document that throws when read', async () => {
    const compiled = await compilePolicySliced(
      {
        get allow() {
          throw new Error('boo');
        },
      },
      { scope: 'x', pause: async () => {} },
    );
    expect(compiled).toEqual({ ok: false, faults: [{ path: [], message: 'cannot be read' }] });
  });
});
