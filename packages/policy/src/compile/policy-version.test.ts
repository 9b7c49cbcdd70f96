import { describe, expect, it } from '@jest/globals';
import { policyVersion } from './policy-version.ts';

describe('policyVersion', () => {
  const one = { 'cluster/dev': [{ allow: { or: [{ email: 'a' }], and: [{ groups: { has: 'x', exclude: 'y' } }] } }] };

  it('is the same for the same policy with its keys in another order', () => {
    const same = {
      'cluster/dev': [{ allow: { and: [{ groups: { exclude: 'y', has: 'x' } }], or: [{ email: 'a' }] } }],
    };
    expect(policyVersion(one)).toMatch(/^[0-9a-f]{16}$/);
    expect(policyVersion(same)).toBe(policyVersion(one));
  });

  it('differs if a rule, the order of rules or the scope of the policy differs', () => {
    const rules = [{ allow: { or: [{ email: 'a' }] } }, { allow: { or: [{ email: 'b' }] } }];
    const versions = [
      policyVersion({ a: rules }),
      policyVersion({ a: rules.toReversed() }),
      policyVersion({ b: rules }),
      policyVersion({ a: rules.slice(1) }),
      policyVersion({}),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('refuses a document that contains itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => policyVersion({ a: loop })).toThrow(RangeError);
  });
});
