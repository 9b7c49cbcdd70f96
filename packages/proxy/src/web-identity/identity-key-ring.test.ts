import { describe, expect, it } from '@jest/globals';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { createIdentityKeyRing, publishedFirstMs } from './identity-key-ring.ts';
import { readIdentityKeys } from './identity-keys.ts';

const [a, b, c] = Array.from({ length: 3 }, identityKeyPem) as [string, string, string];
const kidOf = (pem: string) => readIdentityKeys(pem)[0]!.kid;
const names = new Map([a, b, c].map((pem, index) => [kidOf(pem), 'abc'[index]!]));
const signedForMs = 660_000;

function setUp(...first: string[]) {
  const clock = { now: 1_750_000_000_000 };
  const ring = createIdentityKeyRing(readIdentityKeys(first.join('')), { now: () => clock.now, signedForMs });
  return {
    ring,
    pass: (ms: number) => void (clock.now += ms),
    take: (...pems: string[]) => ring.take(readIdentityKeys(pems.join(''))),
    shown: () =>
      `${names.get(ring.signing().kid)} of ${ring
        .published()
        .map(({ kid }) => names.get(kid))
        .join('')}`,
  };
}

describe('identity keys', () => {
  it('sign with the first of the file, and are all published', () => {
    expect(setUp(a, b).shown()).toBe('a of ab');
    expect(setUp(b, a).shown()).toBe('b of ba');
  });

  it('are replaced in steps: added, then first, then alone', () => {
    const { shown, take, pass } = setUp(a);
    take(a, b);
    expect(shown()).toBe('a of ab');
    pass(publishedFirstMs);
    take(b, a);
    expect(shown()).toBe('b of ba');
    pass(signedForMs);
    take(b);
    // Nothing that the old key signed is valid any more, but the ring does not rely on the patience of the operator.
    expect(shown()).toBe('b of ba');
    pass(signedForMs);
    expect(shown()).toBe('b of b');
  });

  it('that are new do not sign before they have been published for ten minutes, even if the file says so', () => {
    const { shown, take, pass } = setUp(a);
    take(b, a);
    expect(shown()).toBe('a of ba');
    pass(publishedFirstMs - 1);
    expect(shown()).toBe('a of ba');
    pass(1);
    expect(shown()).toBe('b of ba');
  });

  it('that are replaced in one step still overlap', () => {
    const { shown, take, pass } = setUp(a);
    take(b);
    expect(shown()).toBe('a of ba');
    pass(publishedFirstMs);
    expect(shown()).toBe('b of ba');
    pass(signedForMs - 1);
    expect(shown()).toBe('b of ba');
    pass(1);
    expect(shown()).toBe('b of b');
  });

  it('that are replaced twice in a row end with the last one', () => {
    const { shown, take, pass } = setUp(a);
    take(b);
    pass(1000);
    take(c);
    expect(shown()).toBe('a of cab');
    pass(publishedFirstMs);
    expect(shown()).toBe('c of cba');
    pass(signedForMs);
    expect(shown()).toBe('c of c');
  });

  it('come back if the file is put back, without a wait', () => {
    const { shown, take, pass } = setUp(a);
    take(b);
    pass(1000);
    take(a);
    expect(shown()).toBe('a of ab');
    pass(publishedFirstMs);
    expect(shown()).toBe('a of ab');
    pass(signedForMs);
    expect(shown()).toBe('a of a');
  });

  it('keep their objects when the file is read again', () => {
    const { ring, take } = setUp(a);
    const before = ring.signing();
    take(a);
    expect(ring.signing()).toBe(before);
    take(b);
    take(a, b);
    expect(ring.published()[0]).toBe(before);
  });
});
