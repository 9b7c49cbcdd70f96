import { randomBytes } from 'node:crypto';
import type { Cluster } from '@sallyport/bed';
import { eventually } from '@sallyport/kit/testing';
import { theBed } from './the-bed.ts';

/** A namespace of the real cluster that a test creates and removes. */
export type TestNamespace = { name: string; remove(): Promise<void> };

/** Returns a binding that gives a group a ClusterRole in a namespace. */
export function roleBinding(namespace: string, group: string, role: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${group}-${role}`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
  };
}

/**
 * Creates a namespace in which developers may do what `edit` allows, or nothing with `bound: false`. By default in the
 * shared cluster.
 */
export async function createNamespace(options: { bound?: boolean; cluster?: Cluster } = {}): Promise<TestNamespace> {
  const { admin } = options.cluster ?? theBed().cluster!;
  const name = `e2e-${randomBytes(4).toString('hex')}`;
  const bindings = options.bound === false ? [] : [roleBinding(name, 'developers', 'edit')];
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, ...bindings);
  // Pods are refused until the controller manager has created their service account.
  await eventually(
    `the default service account of ${name}`,
    async () => (await admin.tryKubectl(['get', 'serviceaccount', 'default', '-n', name])).code === 0,
  );
  return { name, remove: async () => void (await admin.kubectl(['delete', 'namespace', name, '--wait=false'])) };
}

/** Starts a pod on the bed's node without the gateway, and waits until it runs. */
export async function startPod(
  namespace: string,
  name: string,
  script = 'sleep 100000',
  options: { stdin?: boolean } = {},
): Promise<void> {
  const { admin, node } = theBed().cluster!;
  await admin.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: node!.image,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', script],
          stdin: options.stdin ?? false,
        },
      ],
    },
  });
  await admin.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '-n', namespace, '--timeout=240s']);
}
