import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('k8s/name', () => {
  it('holds if the matcher does', () => {
    expect(evaluateCriterion('k8s/name', { starts_with: 'prod-' }, { kubernetes: { name: 'prod-1' } })).toEqual([
      true,
      'k8s-name-ok',
    ]);
    expect(evaluateCriterion('k8s/name', 'prod', { kubernetes: { name: 'prod-1' } })).toEqual([
      false,
      'k8s-name-unauthorized',
    ]);
  });

  it('matches nothing if there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { name: '' }]) {
      expect(evaluateCriterion('k8s/name', { not: 'x' }, { kubernetes })).toEqual([false, 'k8s-name-unauthorized']);
      expect(evaluateCriterion('k8s/name', '', { kubernetes })).toEqual([false, 'k8s-name-unauthorized']);
    }
  });
});

describe('another name in a proxy request', () => {
  const everything = { allow: { or: [{ accept: true }] } };
  const effect = (document: unknown, name: string, more: object = {}) => {
    const compiled = compilePolicy(document, { scope: 'cluster/dev' });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    return evaluatePolicy([compiled.policy], {
      kubernetes: {
        isResourceRequest: true,
        verb: 'get',
        requestVerb: 'get',
        resource: 'services',
        subresource: 'proxy',
        namespace: 'dev',
        name,
        ...more,
      },
    }).effect;
  };
  const criteria = [{ 'k8s/name': 'vault' }, { expression: 'kubernetes.name == "vault"' }];
  const names = ['vault', 'vault:8200', 'vault:', ':vault:', 'https:vault:8200', 'http:vault:'];

  it.each(criteria.flatMap((criterion) => names.map((name) => [criterion, name] as const)))(
    'does not bypass a deny of %j: %s',
    (criterion, name) => {
      for (const resource of ['services', 'pods', 'nodes'])
        expect(effect([everything, { deny: { and: [criterion] } }], name, { resource })).toBe('deny');
      expect(
        effect([everything, { deny: { and: [criterion] } }], name, {
          subresource: '',
          verb: 'proxy',
          requestVerb: 'proxy',
        }),
      ).toBe('deny');
    },
  );

  it.each([{ 'k8s/name': { not_in: ['vault'] } }, { expression: 'kubernetes.name != "vault"' }])(
    'does not bypass a deny of all names that are not allowed, inverted or not (%j)',
    (others) => {
      expect(effect([everything, { deny: { nor: [others] } }], 'https:vault:443')).toBe('deny');
      expect(effect([everything, { deny: { not: [others] } }], 'https:vault:443')).toBe('deny');
      expect(effect([everything, { deny: { and: [others] } }], 'https:web:443')).toBe('deny');
    },
  );

  it.each(['k8s/name', 'expression'])('counts as written in an allow (%s)', (criterion) => {
    const named = (name: string) => ({
      allow: { and: [{ [criterion]: criterion === 'expression' ? `kubernetes.name == "${name}"` : name }] },
    });
    expect(effect(named('https:vault:8200'), 'https:vault:8200')).toBe('allow');
    expect(effect(named('vault'), 'https:vault:8200')).toBe('deny');
  });

  it('is looked for in nothing else: names of RBAC have colons, too', () => {
    for (const criterion of criteria) {
      expect(
        effect([everything, { deny: { and: [criterion] } }], 'system:vault', {
          apiGroup: 'rbac.authorization.k8s.io',
          resource: 'clusterroles',
          subresource: '',
        }),
      ).toBe('allow');
      expect(effect([everything, { deny: { and: [criterion] } }], 'web:8200')).toBe('allow');
    }
  });
});

describe('k8s/namespace', () => {
  it('holds if the matcher does', () => {
    expect(
      evaluateCriterion('k8s/namespace', { starts_with: 'prod-' }, { kubernetes: { namespace: 'prod-1' } }),
    ).toEqual([true, 'k8s-namespace-ok']);
    expect(evaluateCriterion('k8s/namespace', 'prod', { kubernetes: { namespace: 'prod-1' } })).toEqual([
      false,
      'k8s-namespace-unauthorized',
    ]);
  });

  it('matches nothing if there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { namespace: '' }]) {
      expect(evaluateCriterion('k8s/namespace', { not: 'x' }, { kubernetes })).toEqual([
        false,
        'k8s-namespace-unauthorized',
      ]);
      expect(evaluateCriterion('k8s/namespace', '', { kubernetes })).toEqual([false, 'k8s-namespace-unauthorized']);
    }
  });
});
