import { describe, expect, it } from '@jest/globals';
import { judge } from '../../testing/judge.ts';

describe('k8s/namespace', () => {
  it('holds where the matcher does', () => {
    expect(judge('k8s/namespace', { starts_with: 'prod-' }, { kubernetes: { namespace: 'prod-1' } })).toEqual([
      true,
      'k8s-namespace-ok',
    ]);
    expect(judge('k8s/namespace', 'prod', { kubernetes: { namespace: 'prod-1' } })).toEqual([
      false,
      'k8s-namespace-unauthorized',
    ]);
  });

  it('matches nothing where there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { namespace: '' }]) {
      expect(judge('k8s/namespace', { not: 'x' }, { kubernetes })).toEqual([false, 'k8s-namespace-unauthorized']);
      expect(judge('k8s/namespace', '', { kubernetes })).toEqual([false, 'k8s-namespace-unauthorized']);
    }
  });
});
