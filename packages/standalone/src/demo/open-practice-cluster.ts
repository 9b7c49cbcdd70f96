import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createBoundedFile } from '@sallyport/audit';
import { kubeconfig, type CertificateAuthority } from '@sallyport/bed';
import { createPracticeCluster } from '@sallyport/practice-cluster';
import { privateFilesIn } from '../settings/private-files.ts';
import { createEventSender } from './send-cluster-events.ts';
import type { DemoCluster, DemoClusterDeps } from './demo-cluster.ts';

/** At this size in bytes, the cluster's audit log begins anew. The one before is kept. */
const maxAuditBytes = 32 * 1024 * 1024;

/**
 * Starts the practice cluster in this process, with TLS and a token for the gateway. The token allows impersonation and
 * nothing else. The cluster writes an audit log of its own, and sends it to the gateway.
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
  const auditFile = path.join(deps.directory, 'cluster-audit.ndjson');
  const writeAudit = createBoundedFile(auditFile, maxAuditBytes);
  const sender = createEventSender(deps.say);
  let audited = writeAudit('');
  const cluster = createPracticeCluster({
    tls: certificate,
    tokens: { [token]: { user: 'system:serviceaccount:sallyport:gateway', groups: ['system:serviceaccounts'] } },
    onAudit(event) {
      sender.add(event);
      audited = writeAudit(`${JSON.stringify(event)}\n`).catch((error: unknown) => {
        deps.say(`The practice cluster cannot write its audit log: ${String(error)}`);
      });
    },
  });
  const server = await cluster.listen('127.0.0.1', 0);
  const file = privateFilesIn(deps.directory);
  const { caPem } = deps.authority;
  return {
    kind: 'practice',
    access: {
      server,
      caFile: file('cluster-ca.crt', caPem),
      tokenFile: file('gateway.token', token),
      auditWebhook: sender.auditWebhook,
    },
    adminKubeconfig: file(
      'admin.kubeconfig',
      kubeconfig({ server, caPem, user: { token: cluster.adminToken }, name: 'practice-admin' }),
    ),
    auditFile,
    sendEvents: sender.start,
    kubectl: undefined,
    namespace: 'dev',
    async close() {
      await cluster.close();
      await audited;
    },
  };
}
