import { readFileSync } from 'node:fs';
import type { ClusterConfig } from '@sallyport/contracts';
import { ConfigFaults } from '@sallyport/kit';
import type { ClusterAccess, ClusterAccessDeps } from './cluster-access.ts';
import { readKubeconfig } from './read-kubeconfig.ts';
import { createFileTokenSource, createFixedTokenSource } from './token-source.ts';

/**
 * Reads how to reach a cluster from its configuration: from the current content of files, or from a context of a
 * kubeconfig. Throws ConfigFaults that name the field.
 */
export async function readClusterAccess(cluster: ClusterConfig, deps: ClusterAccessDeps): Promise<ClusterAccess> {
  if (cluster.kubeconfig != null)
    return readKubeconfig(
      { file: deps.resolvePath(cluster.kubeconfig), context: cluster.context ?? undefined, cluster: cluster.name },
      deps,
    );
  const attempt = <T>(field: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new ConfigFaults(cluster.name, [
        {
          path: `clusters.${cluster.name}.${field}`,
          message: `cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
        },
      ]);
    }
  };
  const text = (field: string, file: string | null | undefined) =>
    file == null ? undefined : attempt(field, () => readFileSync(deps.resolvePath(file), 'utf8'));
  const { tokenFile } = cluster;
  return {
    server: cluster.server!,
    ca: text('caFile', cluster.caFile),
    serverName: cluster.serverName ?? undefined,
    token:
      tokenFile == null
        ? createFixedTokenSource(cluster.token ?? undefined)
        : attempt('tokenFile', () =>
            createFileTokenSource({ file: deps.resolvePath(tokenFile), logger: deps.logger, now: deps.now }),
          ),
    clientCert: text('clientCertFile', cluster.clientCertFile),
    clientKey: text('clientKeyFile', cluster.clientKeyFile),
  };
}
