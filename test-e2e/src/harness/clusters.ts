import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority, kubeconfig } from '@sallyport/bed';
import { runDirectory, theBed } from './the-bed.ts';

/** The groups that the gateway may impersonate on the real cluster. */
const realGroups = ['developers', 'sre', 'security-auditors', 'prod-admins'];

/**
 * Returns an API server, by default that of the shared bed, as an entry of `clusters` without a policy. The gateway's
 * ServiceAccount may impersonate and nothing else.
 */
export async function realClusterAccess(cluster = theBed().cluster): Promise<Record<string, unknown>> {
  if (!cluster) throw new Error('the bed has no cluster');
  const account = await cluster.createGatewayServiceAccount({ groups: realGroups });
  return {
    server: cluster.server,
    caFile: cluster.caFile,
    tokenFile: account.tokenFile,
    impersonate: { groups: realGroups },
  };
}

export type PracticeAccess = { access: Record<string, unknown>; adminKubeconfig: string; stop(): Promise<void> };

/** A practice cluster in this process, and how a gateway connects to it. */
export async function startPractice(): Promise<PracticeAccess> {
  const { createPracticeCluster } = await import('@sallyport/practice-cluster');
  const directory = mkdtempSync(path.join(runDirectory(), 'practice-'));
  const authority = await createCertificateAuthority({ name: 'practice' });
  const token = randomBytes(24).toString('base64url');
  const cluster = createPracticeCluster({
    tls: await authority.issue({ commonName: 'practice cluster', ipAddresses: ['127.0.0.1'], server: true }),
    tokens: { [token]: { user: 'system:serviceaccount:sallyport:gateway', groups: ['system:serviceaccounts'] } },
  });
  const server = await cluster.listen();
  const file = (name: string, text: string) => {
    writeFileSync(path.join(directory, name), text, { mode: 0o600 });
    return path.join(directory, name);
  };
  return {
    access: { server, caFile: file('ca.crt', authority.caPem), tokenFile: file('token', token) },
    adminKubeconfig: file(
      'admin.kubeconfig',
      kubeconfig({ server, caPem: authority.caPem, user: { token: cluster.adminToken } }),
    ),
    async stop() {
      await cluster.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
