import { randomBytes } from 'node:crypto';
import { kubeconfig, type CertificateAuthority } from '@sallyport/bed';
import { createPracticeCluster } from '@sallyport/practice-cluster';
import { privateFilesIn } from '../settings/private-files.ts';
import type { DemoCluster, DemoClusterDeps } from './demo-cluster.ts';

/**
 * Starts the practice cluster in this process, with TLS and a token for the gateway. The token allows impersonation and
 * nothing else.
 */
export async function openPracticeCluster(
  deps: DemoClusterDeps & { authority: CertificateAuthority },
): Promise<DemoCluster> {
  const token = randomBytes(24).toString('base64url');
  const certificate = await deps.authority.issue({
    commonName: 'practice cluster',
    ipAddresses: ['127.0.0.1'],
    server: true,
  });
  const cluster = createPracticeCluster({
    tls: certificate,
    tokens: { [token]: { user: 'system:serviceaccount:sallyport:gateway', groups: ['system:serviceaccounts'] } },
  });
  const server = await cluster.listen('127.0.0.1', 0);
  const file = privateFilesIn(deps.directory);
  const { caPem } = deps.authority;
  return {
    kind: 'practice',
    access: { server, caFile: file('cluster-ca.crt', caPem), tokenFile: file('gateway.token', token) },
    adminKubeconfig: file(
      'admin.kubeconfig',
      kubeconfig({ server, caPem, user: { token: cluster.adminToken }, name: 'practice-admin' }),
    ),
    kubectl: undefined,
    namespace: 'dev',
    close: () => cluster.close(),
  };
}
