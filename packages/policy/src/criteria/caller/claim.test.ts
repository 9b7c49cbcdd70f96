import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion, faultsOf, warningsOf } from '../../testing/evaluate-criterion.ts';

const claims = (user: Record<string, unknown>, session: Record<string, unknown> = {}) => ({
  session: { id: 's', claims: session },
  user: { claims: user },
});
const ok = [true, 'claim-ok'];
const unauthorized = [false, 'claim-unauthorized'];

describe('claim', () => {
  it('finds a claim by its name, with one value or a list', () => {
    for (const value of ['Smith', ['Jones', 'Smith']])
      expect(evaluateCriterion('claim/family_name', 'Smith', claims({ family_name: value }))).toEqual(ok);
    for (const value of ['Smithers', ['Jones'], [], { Smith: 'Smith' }, null])
      expect(evaluateCriterion('claim/family_name', 'Smith', claims({ family_name: value }))).toEqual(unauthorized);
  });

  it('finds nested claims by dot or slash', () => {
    const nested = claims({ realm_access: { roles: ['admin'] } });
    for (const key of ['claim/realm_access.roles', 'claim/realm_access/roles'])
      expect(evaluateCriterion(key, 'admin', nested)).toEqual(ok);
    expect(evaluateCriterion('claim/realm_access.roles.0', 'admin', nested)).toEqual(unauthorized);
    expect(
      evaluateCriterion('claim/a.b.c.d.e.f.g', 'x', claims({ a: { b: { c: { d: { e: { f: { g: 'x' } } } } } } })),
    ).toEqual(ok);
  });

  it('finds a claim whose own name has dots or slashes, in either spelling', () => {
    expect(
      evaluateCriterion('claim/https://example.com/role', 'admin', claims({ 'https://example.com/role': 'admin' })),
    ).toEqual(ok);
    for (const key of ['claim/address.city', 'claim/address/city'])
      expect(evaluateCriterion(key, 'Berlin', claims({ 'address.city': 'Berlin' }))).toEqual(ok);
  });

  it("prefers the user's claims over the session's, level by level", () => {
    expect(evaluateCriterion('claim/role', 'a', claims({}, { role: 'a' }))).toEqual(ok);
    expect(evaluateCriterion('claim/role', 'a', claims({ role: 'b' }, { role: 'a' }))).toEqual(unauthorized);
    expect(evaluateCriterion('claim/role', 'a', claims({ role: null }, { role: 'a' }))).toEqual(unauthorized);
    expect(evaluateCriterion('claim/x/y', 'a', claims({ x: { z: 'b' } }, { x: { y: 'a' } }))).toEqual(ok);
    expect(evaluateCriterion('claim/x/y', 'a', claims({ x: 'b' }, { x: { y: 'a' } }))).toEqual(unauthorized);
    expect(evaluateCriterion('claim/x.y', 'a', claims({ 'x.y': 'b' }, { x: { y: 'a' } }))).toEqual(unauthorized);
  });

  it('compares numbers and booleans as such', () => {
    expect(evaluateCriterion('claim/level', 5, claims({ level: 5 }))).toEqual(ok);
    expect(evaluateCriterion('claim/level', '5', claims({ level: 5 }))).toEqual(unauthorized);
    expect(evaluateCriterion('claim/verified', { is: true }, claims({ verified: true }))).toEqual(ok);
    expect(evaluateCriterion('claim/verified', { exclude: true }, claims({ verified: true }))).toEqual(unauthorized);
  });

  it('finds nothing that JavaScript has built in', () => {
    const sent = claims(
      JSON.parse('{"__proto__": {"admin": "yes"}, "a": {"__proto__": "yes"}}') as Record<string, unknown>,
    );
    for (const key of [
      'claim/__proto__/admin',
      'claim/__proto__',
      'claim/a/__proto__',
      'claim/constructor/name',
      'claim/toString',
      'claim/a.constructor.name',
    ]) {
      expect(evaluateCriterion(key, { has: 'yes' }, sent)).toEqual(unauthorized);
      expect(evaluateCriterion(key, { has: 'Object' }, sent)).toEqual(unauthorized);
      expect(evaluateCriterion(key, { exclude: 'yes' }, sent)).toEqual(ok);
    }
    expect(warningsOf('claim/a/__proto__', 'x')).toEqual(['refers to no claim, so the value is always missing']);
  });

  it('warns if no claim is named, and refuses other types of data', () => {
    expect(warningsOf('claim', 'x')).toEqual(['names no claim, so it never matches one']);
    expect(evaluateCriterion('claim', 'x', claims({ '': 'x' }))).toEqual(unauthorized);
    expect(faultsOf('claim/x', ['a'])).toEqual([
      'claim/x: must be a string, number, boolean or a mapping of list matchers, not a list',
    ]);
    for (const data of [null, { has: null }, { has: ['a'] }, { hass: 'a' }, {}])
      expect(faultsOf('claim/x', data)).toHaveLength(1);
  });
});
