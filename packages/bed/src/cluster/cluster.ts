import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  createGatewayServiceAccount,
  type GatewayServiceAccount,
  type GatewayServiceAccountOptions,
} from './gateway-service-account.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';

/** Where a cluster is, as plain data that can be written down. */
export type ClusterDescription = {
  server: string;
  caFile: string;
  adminKubeconfig: string;
  /** audit.k8s.io/v1 events, one a line: every request twice, when it arrived and when it was answered. */
  auditLogFile: string;
  /** Present where pods can run. */
  node?: { name: string; image: string };
};

export type Cluster = ClusterDescription & {
  caPem: string;
  /** kubectl as `system:masters`, past any gateway. */
  admin: Kubectl;
  createGatewayServiceAccount(options: GatewayServiceAccountOptions): Promise<GatewayServiceAccount>;
};

/** Makes a described cluster usable. */
export function openCluster(description: ClusterDescription, kubectl: string): Cluster {
  const admin = createKubectl(kubectl, description.adminKubeconfig);
  return {
    ...description,
    caPem: readFileSync(description.caFile, 'utf8'),
    admin,
    createGatewayServiceAccount: (options) =>
      createGatewayServiceAccount(admin, path.dirname(description.adminKubeconfig), options),
  };
}
