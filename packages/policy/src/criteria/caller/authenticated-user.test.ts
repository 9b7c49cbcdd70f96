import { describe, expect, it } from '@jest/globals';
import { alice, judge } from '../../testing/judge.ts';

describe('authenticated_user', () => {
  it('holds for whoever has a session, whatever its data', () => {
    for (const data of [true, null, false, {}])
      expect(judge('authenticated_user', data, alice)).toEqual([true, 'user-ok']);
  });

  it('asks to log in where there is no session, even if a user is named', () => {
    expect(judge('authenticated_user', true, { user: alice.user })).toEqual([false, 'user-unauthenticated']);
    expect(judge('authenticated_user', true, { user: alice.user, session: { id: '' } })).toEqual([
      false,
      'user-unauthenticated',
    ]);
    expect(judge('authenticated_user', true, { user: alice.user, session: null as never })).toEqual([
      false,
      'user-unauthenticated',
    ]);
  });

  it('refuses a session of nobody', () => {
    expect(judge('authenticated_user', true, { session: { id: 's' } })).toEqual([false, 'user-unauthorized']);
    expect(judge('authenticated_user', true, { session: { id: 's' }, user: { id: '' } })).toEqual([
      false,
      'user-unauthorized',
    ]);
  });
});
