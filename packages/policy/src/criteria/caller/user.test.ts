import { describe, expect, it } from '@jest/globals';
import { alice, judge } from '../../testing/judge.ts';

describe('user', () => {
  it('holds where the matcher does', () => {
    expect(judge('user', 'alice@example.com', alice)).toEqual([true, 'user-ok']);
    expect(judge('user', { starts_with: 'alice@', ends_with: '.com' }, alice)).toEqual([true, 'user-ok']);
  });

  it('does not hold where the matcher does not; case counts', () => {
    expect(judge('user', 'bob@example.com', alice)).toEqual([false, 'user-unauthorized']);
    expect(judge('user', 'Alice@example.com', alice)).toEqual([false, 'user-unauthorized']);
  });

  it('asks to log in where there is no session, whatever the matcher', () => {
    expect(judge('user', 'alice@example.com', { user: alice.user })).toEqual([false, 'user-unauthenticated']);
    expect(judge('user', { not: 'x' }, {})).toEqual([false, 'user-unauthenticated']);
  });

  it('matches nothing for a user without one, not even `not`', () => {
    expect(judge('user', { not: 'x' }, { session: { id: 's' }, user: {} })).toEqual([false, 'user-unauthorized']);
    expect(judge('user', { not_in: ['x'] }, { session: { id: 's' } })).toEqual([false, 'user-unauthorized']);
  });
});
