import { demoBindings } from '@sallyport/practice-cluster';
import type { DemoCluster, DemoClusterDeps } from './demo-cluster.ts';

/** The groups that the gateway may impersonate. */
const demoGroups = ['developers', 'sre', 'security-auditors', 'prod-admins'];

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
    const namespaces = ['dev', 'prod'];
    await cluster.admin.apply(
      ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      ...demoBindings(),
    );
    const { node } = cluster;
    if (node) await cluster.admin.apply(...namespaces.map((namespace) => demoPod(namespace, node.image)));
    return {
      kind: 'real',
      access: {
        server: cluster.server,
        caFile: cluster.caFile,
        tokenFile: account.tokenFile,
        impersonate: { groups: [...demoGroups] },
      },
      adminKubeconfig: cluster.adminKubeconfig,
      auditFile: cluster.auditLogFile,
      kubectl: bed.kubectl,
      namespace: 'dev',
      close: () => bed.stop(),
    };
  } catch (error) {
    await bed.stop();
    throw error;
  }
}
