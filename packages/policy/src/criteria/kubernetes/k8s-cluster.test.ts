import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('k8s/cluster', () => {
  it('holds if the matcher does', () => {
    expect(evaluateCriterion('k8s/cluster', { starts_with: 'prod-' }, { kubernetes: { cluster: 'prod-1' } })).toEqual([
      true,
      'k8s-cluster-ok',
    ]);
    expect(evaluateCriterion('k8s/cluster', 'prod', { kubernetes: { cluster: 'prod-1' } })).toEqual([
      false,
      'k8s-cluster-unauthorized',
    ]);
  });

  it('matches nothing if there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { cluster: '' }]) {
      expect(evaluateCriterion('k8s/cluster', { not: 'x' }, { kubernetes })).toEqual([
        false,
        'k8s-cluster-unauthorized',
      ]);
      expect(evaluateCriterion('k8s/cluster', '', { kubernetes })).toEqual([false, 'k8s-cluster-unauthorized']);
    }
  });
});

describe('k8s/cluster in api.policy', () => {
  const auditors = { groups: 'auditors' };
  const effect = (rules: unknown, cluster?: string) => {
    const compiled = compilePolicy(rules, { scope: 'api/audit' });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    const input = { user: { id: 'a', groups: ['auditors'] }, session: { id: 's' }, request: {} };
    return evaluatePolicy([compiled.policy], cluster === undefined ? input : { ...input, kubernetes: { cluster } })
      .effect;
  };

  it('decides about the trail of each cluster', () => {
    const onlyDev = [{ allow: { and: [auditors, { 'k8s/cluster': 'dev' }] } }];
    expect([effect(onlyDev, 'dev'), effect(onlyDev, 'prod'), effect(onlyDev, 'DEV')]).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
    const notProd = [{ allow: { and: [auditors] } }, { deny: { and: [{ 'k8s/cluster': 'prod' }] } }];
    expect([effect(notProd, 'dev'), effect(notProd, 'prod')]).toEqual(['allow', 'deny']);
  });

  it('does not allow events without a cluster, not even by excluding one', () => {
    expect(effect([{ allow: { and: [auditors, { 'k8s/cluster': 'dev' }] } }])).toBe('deny');
    expect(effect([{ allow: { and: [auditors, { 'k8s/cluster': { not: 'prod' } }] } }])).toBe('deny');
    for (const operator of ['not', 'nor']) {
      const rules = [{ allow: { [operator]: [{ 'k8s/cluster': 'prod' }] } }];
      expect([effect(rules), effect(rules, 'dev'), effect(rules, 'prod')]).toEqual(['deny', 'allow', 'deny']);
    }
    expect(effect([{ allow: { and: [auditors] } }, { deny: { not: [{ 'k8s/cluster': 'dev' }] } }])).toBe('deny');
    expect(effect([{ allow: { and: [auditors, { expression: 'cluster.name != "prod"' }] } }])).toBe('deny');
  });

  it('leaves events without a cluster to the rules that depend on none', () => {
    expect(effect([{ allow: { and: [auditors] } }, { deny: { and: [{ 'k8s/cluster': 'prod' }] } }])).toBe('allow');
  });

  it('is refused where no cluster is asked for, like every criterion about requests to a cluster', () => {
    const faults = (scope: string, criterion: string, data: unknown) => {
      const compiled = compilePolicy([{ allow: { and: [{ [criterion]: data }] } }], { scope });
      return compiled.ok ? [] : compiled.faults.map(({ message }) => message);
    };
    for (const area of ['sessions', 'policy', 'elevations'])
      expect(faults(`api/${area}`, 'k8s/cluster', 'dev')).toEqual([
        `the criterion k8s/cluster does not apply in api.policy.${area}, which is about all clusters`,
      ]);
    expect(faults('api/audit', 'k8s/verb', 'get')).toEqual([
      'the criterion k8s/verb does not apply in api.policy.audit: it is about requests to a cluster',
    ]);
    expect(faults('cluster/dev', 'k8s/verb', 'get')).toEqual([]);
  });
});
