import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate-policy.ts';
import type { PolicyInput } from '../policy-input.ts';

function judge(action: 'allow' | 'deny', operator: string, criterion: object, input: PolicyInput): boolean {
  const compiled = compilePolicy({ [action]: { [operator]: [criterion] } }, { scope: 'x' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return evaluatePolicy([compiled.policy], input)[action].value;
}
const person = (address: string, claims: Record<string, unknown> = {}): PolicyInput => ({ session: { id: 's' }, user: { id: address, email: address, claims } });
const mallory = person('Mallory@Rival.EXAMPLE', { preferred_username: 'Mallory@Rival.EXAMPLE', upn: ['x', 'MALLORY@rival.example'] });

describe('an address in a deny', () => {
  it.each<object>([
    { email: 'mallory@rival.example' }, { email: { ends_with: '@rival.example' } }, { email: { in: ['a@b.example', 'MALLORY@RIVAL.example'] } }, { email: { contains: 'RIVAL' } }, { domain: 'rival.example' }, { domain: { starts_with: 'rival' } },
    { user: 'mallory@rival.example' }, { 'claim/preferred_username': 'mallory@rival.example' }, { 'claim/upn': { has: 'mallory@rival.example' } },
  ])('is caught in another case: %j', (criterion) => {
    expect(judge('deny', 'or', criterion, mallory)).toBe(true);
    expect(judge('allow', 'or', criterion, mallory)).toBe(false);
  });

  it('is caught by what leaves it out, too, as it was before', () => {
    for (const criterion of [{ email: { not: 'mallory@rival.example' } }, { domain: { not_in: ['rival.example'] } }, { 'claim/upn': { exclude: 'mallory@rival.example' } }]) expect(judge('deny', 'and', criterion, mallory)).toBe(true);
    for (const criterion of [{ email: 'mallory@rival.example' }, { domain: 'rival.example' }]) for (const operator of ['not', 'nor']) expect(judge('deny', operator, criterion, mallory)).toBe(true);
    expect(judge('deny', 'not', { domain: 'rival.example' }, person('mallory@rival.example'))).toBe(false);
  });

  it('leaves names and claims that are no addresses as they are', () => {
    expect(judge('deny', 'or', { user: 'mallory' }, person('Mallory'))).toBe(false);
    expect(judge('deny', 'or', { 'claim/team': 'red' }, person('x', { team: 'Red' }))).toBe(false);
    expect(judge('deny', 'or', { groups: 'red@x' }, { session: { id: 's' }, user: { groups: ['Red@x'] } })).toBe(false);
  });

  it('denies no less than with case, and whatever the case of the address if it denies it in one', () => {
    const address = fc.constantFrom('a@b.example', 'A@b.example', 'c@B.EXAMPLE', 'x');
    const criterion = fc.oneof(address.map((one) => ({ email: one })), address.map((one) => ({ email: { not: one } })), fc.array(address, { maxLength: 2 }).map((some) => ({ email: { in: some } })), fc.constantFrom({ domain: 'b.example' }, { email: { ends_with: '.EXAMPLE' } }));
    fc.assert(fc.property(fc.constantFrom('and', 'or', 'not', 'nor'), criterion, address, (operator, one, who) => {
      if (judge('allow', operator, one, person(who))) expect(judge('deny', operator, one, person(who))).toBe(true);
    }));
  });
});
