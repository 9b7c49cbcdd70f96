import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  createGatewayServiceAccount,
  type GatewayServiceAccount,
  type GatewayServiceAccountOptions,
} from './gateway-service-account.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { loadImage, type NodeImages } from './node-images.ts';

/** The addresses and files of a cluster as plain data. */
export type ClusterDescription = {
  server: string;
  caFile: string;
  adminKubeconfig: string;
  /** audit.k8s.io/v1 events, one per line: every request twice, when it arrives and when it is answered. */
  auditLogFile: string;
  /** Set if pods can run. */
  node?: { name: string; image: string; images: NodeImages };
  /** Set if pods find Services: the addresses of this machine and of the node in their network. */
  network?: { host: string; node: string };
};

export type Cluster = ClusterDescription & {
  caPem: string;
  /** kubectl as `system:masters`, bypassing any gateway. */
  admin: Kubectl;
  createGatewayServiceAccount(options: GatewayServiceAccountOptions): Promise<GatewayServiceAccount>;
  /** Puts an image on the node, from an archive in the OCI layout or in the format of `docker save`. */
  loadImage(archive: string): Promise<void>;
};

/** Attaches to a cluster from its description. */
export function openCluster(description: ClusterDescription, kubectl: string): Cluster {
  const admin = createKubectl(kubectl, description.adminKubeconfig);
  return {
    ...description,
    caPem: readFileSync(description.caFile, 'utf8'),
    admin,
    loadImage: async (archive) => {
      if (!description.node) throw new Error('the cluster has no node');
      await loadImage(description.node.images, archive);
    },
    createGatewayServiceAccount: (options) =>
      createGatewayServiceAccount(admin, path.dirname(description.adminKubeconfig), options),
  };
}
