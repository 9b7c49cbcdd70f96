import { describe, expect, it } from '@jest/globals';
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
