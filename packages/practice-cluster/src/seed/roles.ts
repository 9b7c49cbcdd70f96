import { impersonatedAuthentication } from '@sallyport/contracts';
import type { KubeObject } from '../objects/kube-object.ts';

type Rule = Record<string, string[]>;

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const workloads: Rule[] = [
  {
    apiGroups: [''],
    resources: [
      'configmaps',
      'events',
      'pods',
      'pods/log',
      'pods/status',
      'serviceaccounts',
      'services',
      'services/status',
      'namespaces',
      'namespaces/status',
    ],
    verbs: read,
  },
  { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale', 'deployments/status'], verbs: read },
];
const changes: Rule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'events', 'pods', 'secrets', 'serviceaccounts', 'services'],
    verbs: write,
  },
  { apiGroups: [''], resources: ['secrets'], verbs: read },
  // For the API server, a WebSocket exec is a get, which since 1.35 also needs create.
  { apiGroups: [''], resources: ['pods/attach', 'pods/exec', 'pods/portforward'], verbs: ['create', 'get'] },
  { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], verbs: write },
];

/** Returns the role of the gateway's own identity, which may impersonate and nothing else. */
export type ImpersonationLimits = {
  /** The groups that may be impersonated, by exact name, or `*` for all. */
  groups: readonly string[];
};

/** Returns the initial cluster roles, named as in a real cluster. */
export function seedRoles(limits: ImpersonationLimits): KubeObject[] {
  const groups: Rule = { apiGroups: [''], resources: ['groups'], verbs: ['impersonate'] };
  return [
    clusterRole('cluster-admin', [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]),
    clusterRole('view', workloads),
    clusterRole('edit', [...workloads, ...changes]),
    clusterRole('system:discovery', [
      {
        nonResourceURLs: [
          '/',
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
        verbs: ['get', 'head'],
      },
    ]),
    clusterRole('system:basic-user', [
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
    ]),
    clusterRole('system:public-info-viewer', [
      { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get', 'head'] },
    ]),
    clusterRole('sallyport-impersonator', [
      { apiGroups: [''], resources: ['users'], verbs: ['impersonate'] },
      limits.groups.includes('*') ? groups : { ...groups, resourceNames: [...limits.groups] },
      { apiGroups: ['authentication.k8s.io'], resources: [...impersonatedAuthentication], verbs: ['impersonate'] },
    ]),
  ];
}

function clusterRole(name: string, rules: Rule[]): KubeObject {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
}

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
    ...demoBindings(),
  ];
}

/** The bindings of the groups of the demo, for a cluster with the namespaces dev and prod. */
export function demoBindings(): KubeObject[] {
  return [
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
