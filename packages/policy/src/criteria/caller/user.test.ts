import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('user', () => {
  it('holds if the matcher does', () => {
    expect(evaluateCriterion('user', 'alice@example.com', alice)).toEqual([true, 'user-ok']);
    expect(evaluateCriterion('user', { starts_with: 'alice@', ends_with: '.com' }, alice)).toEqual([true, 'user-ok']);
  });

  it('does not hold if the matcher does not; case counts', () => {
    expect(evaluateCriterion('user', 'bob@example.com', alice)).toEqual([false, 'user-unauthorized']);
    expect(evaluateCriterion('user', 'Alice@example.com', alice)).toEqual([false, 'user-unauthorized']);
  });

  it('asks to log in without a session, with any matcher', () => {
    expect(evaluateCriterion('user', 'alice@example.com', { user: alice.user })).toEqual([
      false,
      'user-unauthenticated',
    ]);
    expect(evaluateCriterion('user', { not: 'x' }, {})).toEqual([false, 'user-unauthenticated']);
  });

  it('matches nothing for a user without one, not even `not`', () => {
    expect(evaluateCriterion('user', { not: 'x' }, { session: { id: 's' }, user: {} })).toEqual([
      false,
      'user-unauthorized',
    ]);
    expect(evaluateCriterion('user', { not_in: ['x'] }, { session: { id: 's' } })).toEqual([
      false,
      'user-unauthorized',
    ]);
  });
});

describe('email', () => {
  it('holds if the matcher does', () => {
    expect(evaluateCriterion('email', 'alice@example.com', alice)).toEqual([true, 'email-ok']);
    expect(evaluateCriterion('email', { starts_with: 'alice@', ends_with: '.com' }, alice)).toEqual([true, 'email-ok']);
  });

  it('does not hold if the matcher does not; case counts', () => {
    expect(evaluateCriterion('email', 'bob@example.com', alice)).toEqual([false, 'email-unauthorized']);
    expect(evaluateCriterion('email', 'Alice@example.com', alice)).toEqual([false, 'email-unauthorized']);
  });

  it('asks to log in without a session, with any matcher', () => {
    expect(evaluateCriterion('email', 'alice@example.com', { user: alice.user })).toEqual([
      false,
      'user-unauthenticated',
    ]);
    expect(evaluateCriterion('email', { not: 'x' }, {})).toEqual([false, 'user-unauthenticated']);
  });

  it('matches nothing for a user without one, not even `not`', () => {
    expect(evaluateCriterion('email', { not: 'x' }, { session: { id: 's' }, user: {} })).toEqual([
      false,
      'email-unauthorized',
    ]);
    expect(evaluateCriterion('email', { not_in: ['x'] }, { session: { id: 's' } })).toEqual([
      false,
      'email-unauthorized',
    ]);
  });
});

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
