import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

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
