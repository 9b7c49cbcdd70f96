import { describe, expect, it } from '@jest/globals';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';

describe('k8s/non_resource_path', () => {
  it('holds for paths that are no resource', () => {
    expect(
      evaluateCriterion('k8s/non_resource_path', '/healthz', {
        kubernetes: { isResourceRequest: false, path: '/healthz' },
      }),
    ).toEqual([true, 'k8s-non-resource-path-ok']);
    expect(
      evaluateCriterion(
        'k8s/non_resource_path',
        { starts_with: '/apis' },
        { kubernetes: { isResourceRequest: false, path: '/apis/apps' } },
      ),
    ).toEqual([true, 'k8s-non-resource-path-ok']);
    expect(
      evaluateCriterion('k8s/non_resource_path', '/healthz', {
        kubernetes: { isResourceRequest: false, path: '/healthz/etcd' },
      }),
    ).toEqual([false, 'k8s-non-resource-path-unauthorized']);
  });

  it('matches no resource, not even `not`, and nothing of which it is not known', () => {
    for (const kubernetes of [
      undefined,
      {},
      { path: '/healthz' },
      { isResourceRequest: true, path: '/api/v1/pods' },
      { isResourceRequest: false, path: '' },
    ]) {
      for (const data of [{ not: 'x' }, { starts_with: '' }])
        expect(evaluateCriterion('k8s/non_resource_path', data, { kubernetes })).toEqual([
          false,
          'k8s-non-resource-path-unauthorized',
        ]);
    }
  });

  it('does not count a slash at the end, so that neither an allow nor a deny can be missed by it', () => {
    const version = { kubernetes: { isResourceRequest: false, path: '/version/' } };
    for (const data of ['/version', { in: ['/version'] }, { ends_with: 'version' }])
      expect(evaluateCriterion('k8s/non_resource_path', data, version)).toEqual([true, 'k8s-non-resource-path-ok']);
    expect(evaluateCriterion('k8s/non_resource_path', { not: '/version' }, version)).toEqual([
      false,
      'k8s-non-resource-path-unauthorized',
    ]);
  });
});
