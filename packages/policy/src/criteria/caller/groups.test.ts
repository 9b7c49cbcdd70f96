import { describe, expect, it } from '@jest/globals';
import { alice, judge } from '../../testing/judge.ts';

describe('groups', () => {
  it('holds if the caller is in the group; a comma is part of the name', () => {
    expect(judge('groups', 'developers', alice)).toEqual([true, 'groups-ok']);
    expect(judge('groups', { has: 'cn=a,ou=b' }, alice)).toEqual([true, 'groups-ok']);
    for (const part of ['cn=a', 'ou=b', 'dev', 'Developers', ''])
      expect(judge('groups', part, alice)).toEqual([false, 'groups-unauthorized']);
  });

  it('knows "only this one" and "not this one"', () => {
    expect(judge('groups', { is: 'developers' }, alice)).toEqual([false, 'groups-unauthorized']);
    expect(judge('groups', { exclude: 'sre' }, alice)).toEqual([true, 'groups-ok']);
    expect(judge('groups', { exclude: 'developers' }, alice)).toEqual([false, 'groups-unauthorized']);
  });

  it('takes missing groups for none, but asks to log in first', () => {
    expect(judge('groups', { exclude: 'sre' }, { session: { id: 's' } })).toEqual([true, 'groups-ok']);
    expect(judge('groups', 'sre', { session: { id: 's' } })).toEqual([false, 'groups-unauthorized']);
    expect(judge('groups', { exclude: 'sre' }, { user: alice.user })).toEqual([false, 'user-unauthenticated']);
  });

  it('does not look for a group inside a string', () => {
    expect(judge('groups', 'dev', { session: { id: 's' }, user: { groups: 'developers' as never } })).toEqual([
      false,
      'groups-unauthorized',
    ]);
  });
});
