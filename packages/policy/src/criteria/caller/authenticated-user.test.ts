import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('authenticated_user', () => {
  it('holds for every caller with a session, with any data', () => {
    for (const data of [true, null, false, {}])
      expect(evaluateCriterion('authenticated_user', data, alice)).toEqual([true, 'user-ok']);
  });

  it('asks to log in without a session, even if there is a user', () => {
    expect(evaluateCriterion('authenticated_user', true, { user: alice.user })).toEqual([
      false,
      'user-unauthenticated',
    ]);
    expect(evaluateCriterion('authenticated_user', true, { user: alice.user, session: { id: '' } })).toEqual([
      false,
      'user-unauthenticated',
    ]);
    expect(evaluateCriterion('authenticated_user', true, { user: alice.user, session: null as never })).toEqual([
      false,
      'user-unauthenticated',
    ]);
  });

  it('refuses a session without a user', () => {
    expect(evaluateCriterion('authenticated_user', true, { session: { id: 's' } })).toEqual([
      false,
      'user-unauthorized',
    ]);
    expect(evaluateCriterion('authenticated_user', true, { session: { id: 's' }, user: { id: '' } })).toEqual([
      false,
      'user-unauthorized',
    ]);
  });
});
