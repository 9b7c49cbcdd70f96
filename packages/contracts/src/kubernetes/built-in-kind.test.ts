import { describe, expect, it } from '@jest/globals';
import { builtInKind } from './built-in-kind.ts';

describe('built-in kinds', () => {
  it.each([
    ['', 'v1', 'secrets', { namespaced: true, createdByPut: false }],
    ['', 'v1', 'namespaces', { namespaced: false, createdByPut: false }],
    ['', 'v1', 'nodes', { namespaced: false, createdByPut: false }],
    ['apps', 'v1', 'deployments', { namespaced: true, createdByPut: false }],
    ['coordination.k8s.io', 'v1', 'leases', { namespaced: true, createdByPut: true }],
    ['rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', { namespaced: false, createdByPut: true }],
    ['certificates.k8s.io', 'v1', 'certificatesigningrequests', { namespaced: false, createdByPut: false }],
  ])('%j %s %s', (group, version, resource, kind) => {
    expect(builtInKind(group, version, resource)).toEqual(kind);
  });

  it('are not what an aggregated API or a custom resource could serve: other groups, other versions, other names', () => {
    expect(builtInKind('example.com', 'v1', 'secrets')).toBeUndefined();
    expect(builtInKind('apps', 'v1beta9', 'deployments')).toBeUndefined();
    expect(builtInKind('', 'v1', 'toString')).toBeUndefined();
    expect(builtInKind('__proto__', 'v1', 'pods')).toBeUndefined();
  });

  it('are found in any version of their group if none is given', () => {
    expect(builtInKind('apps', undefined, 'deployments')?.namespaced).toBe(true);
  });
});
