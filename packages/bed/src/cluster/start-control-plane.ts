import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Programs } from '../components/catalogue.ts';
import { flags } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { waitUntil } from '../run/wait.ts';
import { startEtcd } from '../servers/start-etcd.ts';
import { serverHandle, type ServerHandle } from '../servers/server-handle.ts';
import { createApiClient, type ApiClient } from './api-client.ts';
import { apiServerArguments, auditPolicy } from './api-server-arguments.ts';
import { createClusterKeys, type ClusterKeys } from './cluster-keys.ts';
import { kubeconfig } from './kubeconfig.ts';

export type ControlPlane = {
  server: string;
  port: number;
  caFile: string;
  caPem: string;
  adminKubeconfig: string;
  auditLogFile: string;
  keys: ClusterKeys;
  api: ApiClient;
  /** The process of the API server, to stop and start it. */
  apiServer: ServerHandle;
  pids(): Record<string, number | undefined>;
  stop(): Promise<void>;
};

type ControlPlaneOptions = {
  run: Run;
  programs: Programs;
  /** A kubeconfig of where the API server sends its audit events as well. */
  auditWebhookFile?: string | undefined;
  /** An address of this machine on which pods reach the API server. It then listens there only. */
  podAddress?: string | undefined;
};

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler. Resolves when the default roles of RBAC exist.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { run, programs } = options;
  const directory = componentDirectory(run, 'cluster');
  const [keys, etcd, port] = [
    await createClusterKeys(directory),
    await startEtcd({ run, program: programs.etcd }),
    await freePort(options.podAddress),
  ];
  const server = `https://${options.podAddress ?? '127.0.0.1'}:${port}`;
  const adminKubeconfig = path.join(directory, 'admin.kubeconfig');
  writeFileSync(adminKubeconfig, kubeconfig({ server, caPem: keys.caPem, user: keys.admin }), { mode: 0o600 });
  const api = createApiClient({ server, caPem: keys.caPem, ...keys.admin });
  const auditLogFile = path.join(directory, 'audit.log');
  const started: ManagedProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.slice(1).map((each) => each.stop()));
    await started[0]?.stop();
    await etcd.stop();
    api.close();
  };
  try {
    const apiServer = await createApiServer({
      ...options,
      keys,
      etcdUrl: etcd.url,
      port,
      api,
      directory,
      auditLogFile,
    });
    started.push(apiServer);
    await apiServer.start();
    const others = await createControllers({ run, programs, keys, server });
    started.push(...others);
    await Promise.all(others.map((each) => each.start()));
    await waitForDefaults(api);
    const pids = (): Record<string, number | undefined> =>
      Object.fromEntries([['etcd', etcd.pid()], ...CONTROL_PLANE.map((name, i) => [name, started[i]?.pid])]);
    return {
      server,
      port,
      caFile: keys.caFile,
      caPem: keys.caPem,
      adminKubeconfig,
      auditLogFile,
      keys,
      api,
      apiServer: serverHandle(apiServer),
      pids,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

async function createApiServer(
  options: ControlPlaneOptions & {
    keys: ClusterKeys;
    etcdUrl: string;
    port: number;
    api: ApiClient;
    directory: string;
    auditLogFile: string;
  },
): Promise<ManagedProcess> {
  const { keys, directory, api, podAddress } = options;
  const auditPolicyFile = path.join(directory, 'audit-policy.json');
  writeFileSync(auditPolicyFile, JSON.stringify(auditPolicy));
  const serving = await keys.pair('kube-apiserver', {
    commonName: 'kube-apiserver',
    server: true,
    dnsNames: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
    ipAddresses: ['127.0.0.1', '10.96.0.1', ...(podAddress === undefined ? [] : [podAddress])],
  });
  const kubeletClient = await keys.pair('kubelet-client', {
    commonName: 'kube-apiserver',
    organizations: ['system:masters'],
    client: true,
  });
  return new ManagedProcess({
    run: options.run,
    name: 'kube-apiserver',
    program: options.programs['kube-apiserver'],
    cwd: directory,
    args: apiServerArguments({ ...options, serving, kubeletClient, auditPolicyFile }),
    ready: async () => (await api.get('/readyz')).status === 200,
    readyTimeoutMs: 60_000,
    // It waits for open watches and streams, and those of a finished test do not matter.
    graceMs: 3_000,
  });
}

async function createControllers(options: {
  run: Run;
  programs: Programs;
  keys: ClusterKeys;
  server: string;
}): Promise<ManagedProcess[]> {
  const { run, programs, keys, server } = options;
  const common = { 'leader-elect': 'false', 'secure-port': 0, 'kube-api-qps': 200, 'kube-api-burst': 400 };
  const manager = await keys.kubeconfigFile(
    'controller-manager',
    { commonName: 'system:kube-controller-manager' },
    server,
  );
  const scheduler = await keys.kubeconfigFile('scheduler', { commonName: 'system:kube-scheduler' }, server);
  return [
    new ManagedProcess({
      run,
      name: 'kube-controller-manager',
      program: programs['kube-controller-manager'],
      ready: () => true,
      graceMs: 2_000,
      args: flags({
        ...common,
        kubeconfig: manager,
        'use-service-account-credentials': 'true',
        'root-ca-file': keys.caFile,
        'service-account-private-key-file': keys.serviceAccountKeyFile,
        // Signs the certificates of CertificateSigningRequests.
        'cluster-signing-cert-file': keys.caFile,
        'cluster-signing-key-file': keys.caKeyFile,
      }),
    }),
    new ManagedProcess({
      run,
      name: 'kube-scheduler',
      program: programs['kube-scheduler'],
      ready: () => true,
      graceMs: 2_000,
      args: flags({ ...common, kubeconfig: scheduler }),
    }),
  ];
}

// The controller manager creates these right after its start, and nearly everything needs them.
async function waitForDefaults(api: ApiClient): Promise<void> {
  const there = await waitUntil(
    async () => {
      const admin = await api.getJson<{ rules: unknown[] | null }>(
        '/apis/rbac.authorization.k8s.io/v1/clusterroles/admin',
      );
      const view = await api.getJson<{ rules: unknown[] | null }>(
        '/apis/rbac.authorization.k8s.io/v1/clusterroles/view',
      );
      const account = await api.get('/api/v1/namespaces/default/serviceaccounts/default');
      return (view.rules ?? []).length > 0 && (admin.rules ?? []).length > 0 && account.status === 200;
    },
    30_000,
    100,
  );
  if (!there) throw new Error('the controller manager did not create the roles "admin" and "view" within 30 s');
}
