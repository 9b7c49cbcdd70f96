import { describe, expect, it } from '@jest/globals';
import { judge } from '../judge.test.support.ts';

describe('k8s/name', () => {
  it('holds where the matcher does', () => {
    expect(judge('k8s/name', { starts_with: 'prod-' }, { kubernetes: { name: 'prod-1' } })).toEqual([true, 'k8s-name-ok']);
    expect(judge('k8s/name', 'prod', { kubernetes: { name: 'prod-1' } })).toEqual([false, 'k8s-name-unauthorized']);
  });

  it('matches nothing where there is none, not even `not`', () => {
    for (const kubernetes of [undefined, {}, { name: '' }]) {
      expect(judge('k8s/name', { not: 'x' }, { kubernetes })).toEqual([false, 'k8s-name-unauthorized']);
      expect(judge('k8s/name', '', { kubernetes })).toEqual([false, 'k8s-name-unauthorized']);
    }
  });
});
