import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startFakeCluster, type FakeCluster } from './fake-cluster.ts';
import { createRig, type Rig } from './rig.ts';

/** A directory with the kubeconfig `admin` of a fake cluster. */
export type ClusterRig = { rig: Rig; cluster: FakeCluster };

/** Loads what reads kubeconfigs, which takes seconds on a busy machine. */
export const loadKubeconfigReader = () => import('@kubernetes/client-node/dist/config.js');

/** Starts a fake cluster and writes its kubeconfig. */
export async function startClusterRig(): Promise<ClusterRig> {
  const [rig, cluster] = [createRig(), await startFakeCluster()];
  writeFileSync(path.join(rig.directory, 'admin'), cluster.kubeconfig({ token: 'admin-secret' }));
  return { rig, cluster };
}
