import { describe, expect, it } from '@jest/globals';
import { judge } from '../../testing/judge.ts';

describe('k8s/cluster', () => {
  it('holds where the matcher does', () => {
    expect(judge('k8s/cluster', { starts_with: 'prod-' }, { kubernetes: { cluster: 'prod-1' } })).toEqual([
      true,
      'k8s-cluster-ok',
    ]);
    expect(judge('k8s/cluster', 'prod', { kubernetes: { cluster: 'prod-1' } })).toEqual([
      false,
      'k8s-cluster-unauthorized',
    ]);
  });

  it('matches nothing where there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { cluster: '' }]) {
      expect(judge('k8s/cluster', { not: 'x' }, { kubernetes })).toEqual([false, 'k8s-cluster-unauthorized']);
      expect(judge('k8s/cluster', '', { kubernetes })).toEqual([false, 'k8s-cluster-unauthorized']);
    }
  });
});
