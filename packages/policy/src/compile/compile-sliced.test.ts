import { describe, expect, it } from '@jest/globals';
import { policyVersion, policyVersionSliced } from './policy-version.ts';
import { compilePolicy, compilePolicySliced } from './compile-policy.ts';

const rules = (count: number) =>
  Array.from({ length: count }, (_none, index) => ({
    allow: { and: [{ groups: `team-${index}` }, { 'k8s/namespace': { starts_with: `team-${index}-` } }] },
  }));
const withoutClosures = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

/** A clock on which every look takes one millisecond, so that slices are counted in steps. */
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
  it('gives what compiling in one go gives, faults and warnings too', async () => {
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

  it('pauses again and again, within one rule too', async () => {
    for (const document of [rules(1000), { allow: { or: Array.from({ length: 2000 }, () => ({ groups: 'x' })) } }]) {
      const clock = countingClock();
      expect((await compilePolicySliced(document, { scope: 'x', sliceMs: 10, ...clock })).ok).toBe(true);
      expect(clock.pauses()).toBeGreaterThan(150);
      expect(clock.looks() / clock.pauses()).toBeLessThan(15);
    }
  });

  it('names the version alike, in slices too', async () => {
    const clock = countingClock();
    const documents = { global: rules(2000) };
    expect(await policyVersionSliced(documents, { sliceMs: 2, ...clock })).toBe(policyVersion(documents));
    expect(clock.pauses()).toBeGreaterThan(10);
  });

  it('reports a document that throws while it is read', async () => {
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
