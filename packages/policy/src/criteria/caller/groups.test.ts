import { describe, expect, it } from '@jest/globals';
import { alice, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('groups', () => {
  it('holds if the caller is in the group; a comma is part of the name', () => {
    expect(evaluateCriterion('groups', 'developers', alice)).toEqual([true, 'groups-ok']);
    expect(evaluateCriterion('groups', { has: 'cn=a,ou=b' }, alice)).toEqual([true, 'groups-ok']);
    for (const part of ['cn=a', 'ou=b', 'dev', 'Developers', ''])
      expect(evaluateCriterion('groups', part, alice)).toEqual([false, 'groups-unauthorized']);
  });

  it('knows "only this one" and "not this one"', () => {
    expect(evaluateCriterion('groups', { is: 'developers' }, alice)).toEqual([false, 'groups-unauthorized']);
    expect(evaluateCriterion('groups', { exclude: 'sre' }, alice)).toEqual([true, 'groups-ok']);
    expect(evaluateCriterion('groups', { exclude: 'developers' }, alice)).toEqual([false, 'groups-unauthorized']);
  });

  it('treats missing groups as none, but asks to log in first', () => {
    expect(evaluateCriterion('groups', { exclude: 'sre' }, { session: { id: 's' } })).toEqual([true, 'groups-ok']);
    expect(evaluateCriterion('groups', 'sre', { session: { id: 's' } })).toEqual([false, 'groups-unauthorized']);
    expect(evaluateCriterion('groups', { exclude: 'sre' }, { user: alice.user })).toEqual([
      false,
      'user-unauthenticated',
    ]);
  });

  it('does not search for a group inside a string', () => {
    expect(
      evaluateCriterion('groups', 'dev', { session: { id: 's' }, user: { groups: 'developers' as never } }),
    ).toEqual([false, 'groups-unauthorized']);
  });
});
