import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const withEmail = (email: string) => ({ session: { id: 's' }, user: { email } });

describe('domain', () => {
  it('is the part after the at sign', () => {
    expect(evaluateCriterion('domain', 'example.com', alice)).toEqual([true, 'domain-ok']);
    expect(evaluateCriterion('domain', { ends_with: '.com' }, alice)).toEqual([true, 'domain-ok']);
    expect(evaluateCriterion('domain', 'ample.com', alice)).toEqual([false, 'domain-unauthorized']);
  });

  it('is missing from an address without an at sign, or with two', () => {
    for (const email of ['example.com', 'a@example.com@evil.org', '"a@evil.org"@example.com']) {
      for (const data of ['example.com', { not: 'x' }])
        expect(evaluateCriterion('domain', data, withEmail(email))).toEqual([false, 'domain-unauthorized']);
    }
  });

  it('asks to log in without a session', () => {
    expect(evaluateCriterion('domain', { not: 'x' }, { user: alice.user })).toEqual([false, 'user-unauthenticated']);
  });

  it('matches nothing for a user without an address', () => {
    expect(evaluateCriterion('domain', { not: 'x' }, { session: { id: 's' } })).toEqual([false, 'domain-unauthorized']);
  });
});
