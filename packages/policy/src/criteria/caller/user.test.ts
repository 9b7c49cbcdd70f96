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
