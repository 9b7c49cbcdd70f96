import { describe, expect, it } from '@jest/globals';
import { resourceKind } from './resource-names.ts';

describe('a resource on the command line', () => {
  it.each([
    ['pods', 'pods', '', true],
    ['po', 'pods', '', true],
    ['Pod', 'pods', '', true],
    ['deploy', 'deployments', 'apps', true],
    ['deployment', 'deployments', 'apps', true],
    ['deployments.apps', 'deployments', 'apps', true],
    ['deploy.apps', 'deployments', 'apps', true],
    ['networkpolicy', 'networkpolicies', 'networking.k8s.io', true],
    ['ingress', 'ingresses', 'networking.k8s.io', true],
    ['storageclass', 'storageclasses', 'storage.k8s.io', false],
    ['endpoints', 'endpoints', '', true],
    ['node', 'nodes', '', false],
    ['ns', 'namespaces', '', false],
    ['crds', 'customresourcedefinitions', 'apiextensions.k8s.io', false],
    ['ingressclasses', 'ingressclasses', 'networking.k8s.io', false],
  ])('(%s) is %s of group "%s"', (word, resource, apiGroup, namespaced) => {
    expect(resourceKind(word)).toEqual({ resource, apiGroup, namespaced, known: true });
  });

  it('is taken literally if it has another group', () => {
    expect(resourceKind('deployments.extensions')).toEqual({
      resource: 'deployments',
      apiGroup: 'extensions',
      namespaced: undefined,
      known: true,
    });
    expect(resourceKind('widgets.example.com')).toEqual({
      resource: 'widgets',
      apiGroup: 'example.com',
      namespaced: undefined,
      known: true,
    });
  });

  it('is in the core group if it is unknown, and reported as unknown', () => {
    for (const word of ['widgets', 'constructor', '__proto__'])
      expect(resourceKind(word)).toEqual({ resource: word, apiGroup: '', namespaced: undefined, known: false });
  });
});
