import { isLabel } from '../../input/names.ts';
import { createHash, randomBytes } from 'node:crypto';
import type { Environment } from '../../environment/environment.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { readAuthority } from '../../home/known-gateways.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { writeResult } from '../../terminal/output.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';

export type WebhookTokenOptions = GatewayOptions & { caFile?: string };

/** Returns the file for `--audit-webhook-config-file`, a kubeconfig. */
function kubeconfigOf(server: string, authority: string | undefined, token: string) {
  const ca = authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sallyport', cluster: { server, ...ca } }],
    users: [{ name: 'kube-apiserver', user: { token } }],
    contexts: [{ name: 'audit', context: { cluster: 'sallyport', user: 'kube-apiserver' } }],
    'current-context': 'audit',
  };
}

function instructions(cluster: string, tokenSha256: string): string {
  return `The kubeconfig above contains a new token, which is stored nowhere else.
1. Give it to the API server of ${cluster}, readable only by it:
     --audit-webhook-config-file=<file> --audit-policy-file=<file>
2. Add this to the cluster "${cluster}" in sallyport.yaml, and restart the audit service:
     auditWebhook:
       tokenSha256: ${tokenSha256}
`;
}

export async function webhookToken(
  environment: Environment,
  cluster: string,
  options: WebhookTokenOptions,
): Promise<void> {
  if (!isLabel(cluster))
    throw usageError(`"${cluster}" is not the name of a cluster`, 'Write the name that it has in sallyport.yaml.');
  const { address, known } = await openGateway(environment, options);
  const token = `spa_${randomBytes(32).toString('base64url')}`;
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  const authority =
    options.caFile === undefined
      ? address.scheme === 'https'
        ? known.authorityOf(address)
        : undefined
      : readAuthority(options.caFile);
  const kubeconfig = kubeconfigOf(`${address.origin}/.sallyport/audit/${cluster}`, authority, token);
  const { stringify } = await import('yaml');
  await writeResult(environment, options.output, { cluster, tokenSha256, kubeconfig }, () =>
    stringify(kubeconfig, { lineWidth: 0 }),
  );
  if (options.output === 'text') environment.stderr.write(instructions(cluster, tokenSha256));
}
