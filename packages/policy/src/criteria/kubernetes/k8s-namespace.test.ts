import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

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
