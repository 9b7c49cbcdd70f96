import type { DemoCluster, DemoClusterDeps } from './demo-cluster.ts';

/** The groups that the gateway may impersonate. */
const demoGroups = ['developers', 'sre', 'security-auditors', 'prod-admins'];

const group = (name: string) => ({ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' });
const role = (name: string) => ({ kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' });

/**
 * Returns the role bindings of the demo's groups in the real cluster. Developers may edit in `dev` and view elsewhere.
 * SREs are cluster admins. An elevation of the demo adds `prod-admins`, who may edit in `prod`.
 */
function demoBindings(): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    ...['dev', 'prod'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'developers-view' },
      roleRef: role('view'),
      subjects: [group('developers')],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace: 'dev' },
      roleRef: role('edit'),
      subjects: [group('developers')],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: 'prod-admins', namespace: 'prod' },
      roleRef: role('edit'),
      subjects: [group('prod-admins')],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'sre' },
      roleRef: role('cluster-admin'),
      subjects: [group('sre')],
    },
  ];
}

/** Returns a pod that only waits, with an image that is already on the node. */
function demoPod(namespace: string, image: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace, labels: { app: 'web' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'web',
          image,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', 'echo started; trap exit TERM; while true; do sleep 1; done'],
        },
      ],
    },
  };
}

/**
 * Builds (once) and starts a real control plane and node. The gateway gets a ServiceAccount that may impersonate the
 * demo's groups and nothing else.
 */
export async function openRealCluster(deps: DemoClusterDeps): Promise<DemoCluster> {
  // Only this cluster needs what builds and starts components, and its package finds files next to its own.
  const { startBed } = await import('@sallyport/bed');
  const bed = await startBed({ need: ['node', 'kubectl'], onProgress: deps.say });
  const { cluster } = bed;
  if (!cluster) {
    await bed.stop();
    throw new Error(
      `this machine cannot run a real cluster:\n${bed.missing.map((one) => `  ${one.missing}: ${one.why}. ${one.hint ?? ''}`).join('\n')}\nUse --cluster practice, or --kubeconfig with your own cluster.`,
    );
  }
  try {
    const account = await cluster.createGatewayServiceAccount({ groups: [...demoGroups] });
    await cluster.admin.apply(...demoBindings());
    const { node } = cluster;
    if (node) await cluster.admin.apply(...['dev', 'prod'].map((namespace) => demoPod(namespace, node.image)));
    return {
      kind: 'real',
      access: {
        server: cluster.server,
        caFile: cluster.caFile,
        tokenFile: account.tokenFile,
        impersonate: { groups: [...demoGroups] },
      },
      adminKubeconfig: cluster.adminKubeconfig,
      kubectl: bed.kubectl,
      namespace: 'dev',
      close: () => bed.stop(),
    };
  } catch (error) {
    await bed.stop();
    throw error;
  }
}
