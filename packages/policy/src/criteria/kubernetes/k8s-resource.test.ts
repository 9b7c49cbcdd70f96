import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const ask = (data: unknown, resource: string, apiGroup = '', subresource = '') =>
  evaluateCriterion('k8s/resource', data, { kubernetes: { resource, apiGroup, subresource } });

describe('k8s/resource', () => {
  it.each([
    ['pods', 'pods', '', '', true],
    ['pods', 'pods', '', 'exec', false],
    ['pods', 'pods', 'metrics.k8s.io', '', false],
    ['pods/exec', 'pods', '', 'exec', true],
    ['pods/exec', 'pods', '', '', false],
    ['pods/*', 'pods', '', 'log', true],
    ['pods/*', 'pods', '', '', false],
    ['pods*', 'pods', '', 'exec', false],
    ['pods*', 'podtemplates', '', '', false],
    ['pod*', 'podtemplates', '', '', true],
    ['deployments.apps', 'deployments', 'apps', '', true],
    ['deployments.apps', 'deployments', 'extensions', '', false],
    ['deployments.apps/scale', 'deployments', 'apps', 'scale', true],
    ['*.apps', 'statefulsets', 'apps', '', true],
    ['*.apps', 'statefulsets', 'apps', 'scale', false],
    ['*.*.example.com', 'widgets', 'shop.example.com', '', true],
    ['*', 'widgets', 'shop.example.com', 'status', true],
    ['*/scale', 'deployments', 'apps', 'scale', true],
    ['Pods', 'pods', '', '', false],
  ])('%s over %s group=%s sub=%s: %s', (pattern, resource, group, subresource, expected) => {
    expect(ask(pattern, resource, group, subresource)[0]).toBe(expected);
    expect(ask(['nothing', pattern], resource, group, subresource)[0]).toBe(expected);
  });

  it('does not hold for non-resource requests', () => {
    expect(evaluateCriterion('k8s/resource', '*', { kubernetes: { resource: '' } })).toEqual([
      false,
      'k8s-resource-unauthorized',
    ]);
    expect(evaluateCriterion('k8s/resource', '*', {})).toEqual([false, 'k8s-resource-unauthorized']);
    expect(ask('pods', 'pods')).toEqual([true, 'k8s-resource-ok']);
  });

  it('refuses what is not a resource', () => {
    expect(faultsOf('k8s/resource', '')).toEqual([
      'k8s/resource: must be a resource such as pods/exec or deployments.apps, not empty',
    ]);
    expect(faultsOf('k8s/resource', ['pods', {}])).toEqual([
      'k8s/resource.1: must be a resource such as pods/exec or deployments.apps, not a mapping',
    ]);
    expect(faultsOf('k8s/resource', [])).toHaveLength(1);
  });
});
