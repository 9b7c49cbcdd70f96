import type { KubeObject } from '../objects/kube-object.ts';

/** Returns the initial role bindings. `impersonators` are the users that may impersonate. */
export function seedBindings(impersonators: readonly string[]): KubeObject[] {
  return [
    binding('cluster-admin', 'cluster-admin', [group('system:masters')]),
    binding('system:discovery', 'system:discovery', [group('system:authenticated')]),
    binding('system:basic-user', 'system:basic-user', [group('system:authenticated')]),
    binding('system:public-info-viewer', 'system:public-info-viewer', [
      group('system:authenticated'),
      group('system:unauthenticated'),
    ]),
    binding(
      'sallyport-impersonator',
      'sallyport-impersonator',
      impersonators.map((name) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' })),
    ),
    binding('sre', 'cluster-admin', [group('sre')]),
    binding('developers-view', 'view', [group('developers')]),
    binding('developers', 'edit', [group('developers')], 'dev'),
    // No account is in this group. The demo's elevation adds it.
    binding('prod-admins', 'edit', [group('prod-admins')], 'prod'),
  ];
}

function group(name: string): Record<string, string> {
  return { kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' };
}

function binding(name: string, role: string, subjects: Record<string, string>[], namespace?: string): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  };
}
