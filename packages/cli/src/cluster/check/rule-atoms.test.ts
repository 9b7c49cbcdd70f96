import { describe, expect, it } from '@jest/globals';
import { includesRight, subtractRules, type PolicyRule } from './rule-atoms.ts';

const rule = (verbs: string[], apiGroups: string[], resources: string[], resourceNames?: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});
const names = (rules: PolicyRule[], expected: PolicyRule[]) =>
  subtractRules(rules, expected).map(({ verb, thing }) => `${verb} ${thing}`);

describe('rights beyond the expected ones', () => {
  it('are compared verb by verb, resource by resource and name by name', () => {
    const expected = [rule(['impersonate'], [''], ['users']), rule(['impersonate'], [''], ['groups'], ['sre'])];
    expect(names(expected, expected)).toEqual([]);
    expect(names([rule(['impersonate', 'get'], [''], ['users', 'groups'], ['sre'])], expected)).toEqual([
      'get users "sre"',
      'get groups "sre"',
    ]);
    expect(names([rule(['impersonate'], [''], ['groups'])], expected)).toEqual(['impersonate groups']);
    expect(names([rule(['impersonate'], ['apps'], ['users'])], expected)).toEqual(['impersonate users.apps']);
    expect(names([rule(['impersonate'], [''], ['groups'], [])], expected)).toEqual(['impersonate groups']);
  });

  it('include every wildcard that is not expected', () => {
    const all = rule(['*'], ['*'], ['*']);
    expect(names([all], [rule(['get'], [''], ['pods'])])).toEqual(['* *.*']);
    expect(names([rule(['get'], [''], ['pods', 'pods/exec'], ['a'])], [all])).toEqual([]);
    expect(
      names([rule(['update'], ['apps'], ['deployments/scale', 'deployments'])], [rule(['*'], ['*'], ['*/scale'])]),
    ).toEqual(['update deployments.apps']);
  });

  it('compare paths, which may end in a wildcard', () => {
    const urls = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });
    expect(names([urls('/api', '/api/v1', '/metrics', '/*')], [urls('/api', '/api/*')])).toEqual([
      'get /metrics',
      'get /*',
    ]);
    expect(names([rule(['get'], [''], ['/api'])], [urls('*')])).toEqual(['get /api']);
  });

  it('include a right that a rule contains', () => {
    const found = subtractRules([rule(['*'], ['*'], ['*'])], []);
    expect(includesRight(found, { verb: 'create', group: '', resource: 'pods', subresource: 'exec' })).toBe(true);
    expect(
      includesRight(subtractRules([rule(['get'], [''], ['secrets'], ['a'])], []), {
        verb: 'get',
        group: '',
        resource: 'secrets',
      }),
    ).toBe(false);
  });
});
