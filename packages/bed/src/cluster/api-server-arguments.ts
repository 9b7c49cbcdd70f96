import { flags } from '../run/command.ts';
import type { ClusterKeys } from './cluster-keys.ts';

export type ApiServerFiles = {
  etcdUrl: string;
  port: number;
  /** The address on which pods reach it. By default they do not. */
  podAddress?: string | undefined;
  keys: Pick<ClusterKeys, 'caFile' | 'serviceAccountKeyFile' | 'serviceAccountPublicKeyFile'>;
  serving: { certFile: string; keyFile: string };
  kubeletClient: { certFile: string; keyFile: string };
  auditPolicyFile: string;
  auditLogFile: string;
  /** A kubeconfig of where the audit events are sent as well. */
  auditWebhookFile?: string | undefined;
};

/** Every request at Metadata level, when it arrives and when it is answered. ResponseStarted adds nothing. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted'],
  rules: [{ level: 'Metadata' }],
};

export function apiServerArguments(files: ApiServerFiles): string[] {
  return flags({
    'etcd-servers': files.etcdUrl,
    'secure-port': files.port,
    ...addresses(files.podAddress),
    'service-cluster-ip-range': '10.96.0.0/24',
    'tls-cert-file': files.serving.certFile,
    'tls-private-key-file': files.serving.keyFile,
    'client-ca-file': files.keys.caFile,
    'authorization-mode': 'Node,RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': files.keys.serviceAccountPublicKeyFile,
    'service-account-signing-key-file': files.keys.serviceAccountKeyFile,
    'allow-privileged': 'true',
    'kubelet-preferred-address-types': 'InternalIP',
    'kubelet-certificate-authority': files.keys.caFile,
    'kubelet-client-certificate': files.kubeletClient.certFile,
    'kubelet-client-key': files.kubeletClient.keyFile,
    'audit-policy-file': files.auditPolicyFile,
    'audit-log-path': files.auditLogFile,
    // In megabytes. Readers follow this one file, so it must not be rotated.
    'audit-log-maxsize': 16_384,
    ...(files.auditWebhookFile === undefined
      ? {}
      : {
          'audit-webhook-config-file': files.auditWebhookFile,
          'audit-webhook-batch-max-wait': '1s',
          'audit-webhook-initial-backoff': '1s',
        }),
    profiling: 'false',
    // The most that there can be. Providers set it too.
    'goaway-chance': '0.02',
  });
}

// Where nothing inside the cluster needs to reach it, no address of the machine is advertised. Endpoints may not have a
// loopback address.
function addresses(podAddress: string | undefined): Record<string, string> {
  return podAddress === undefined
    ? { 'bind-address': '127.0.0.1', 'advertise-address': '127.0.0.1', 'endpoint-reconciler-type': 'none' }
    : { 'bind-address': podAddress, 'advertise-address': podAddress };
}
