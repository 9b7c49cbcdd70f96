import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { startBed } from '@sallyport/bed';
import type { Setup } from '../contenders/contender.ts';
import { credentialPlugin, logInByCommand } from '../contenders/log-in-by-command.ts';
import { startGateway } from '../contenders/sallyport.ts';
import { cpuSeconds, ofEach, sum } from '../machine/processes.ts';
import { median } from './load.ts';

type Times = {
  /** Milliseconds of a whole command: medians. */ directMs: number;
  gatewayMs: number;
  ratio: number;
  /** CPU time of proxy and authorize for each command: the mean, because Linux counts it in steps of 10 ms. */
  cpuMs: number;
};

/** `kubectl get pods` with and without what kubectl keeps on the disk about the resources of a cluster. */
export type KubectlResult = { warm: Times; cold: Times };

/** A kubeconfig whose user asks the exec plugin, as `sallyport kubeconfig` writes it. */
const kubeconfigWithPlugin = (server: string, caPem: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bench', cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } },
    ],
    users: [
      {
        name: 'bench',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: credentialPlugin,
            args: ['exec-credential', server],
            interactiveMode: 'Never',
          },
        },
      },
    ],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });

/** Times kubectl as a whole command, directly at a real API server and through the gateway, in turns. */
export async function measureKubectl(setup: Setup, { times }: { times: number }): Promise<KubectlResult> {
  const bed = await startBed({ need: ['cluster'] });
  let gateway: Awaited<ReturnType<typeof startGateway>> | undefined;
  try {
    const { cluster, programs } = bed;
    if (!cluster) throw new Error(bed.missing.map((one) => `${one.missing}: ${one.why}. ${one.hint}`).join('; '));
    const { tokenFile } = await cluster.createGatewayServiceAccount({ groups: ['sre', 'developers'] });
    await cluster.admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'bench' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: ['sre', 'developers'].map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name })),
    });
    gateway = await startGateway(setup, 'tls', {
      cluster: { server: cluster.server, caFile: cluster.caFile, tokenFile },
    });
    const { pids } = gateway;
    const home = path.join(setup.directory, 'home-of-kubectl');
    mkdirSync(home, { mode: 0o700 });
    await logInByCommand(setup, gateway, home);
    const kubeconfig = path.join(home, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigWithPlugin(gateway.base, setup.authority.caPem));
    const newCache = () => mkdtempSync(path.join(home, 'cache-'));
    const run = (KUBECONFIG: string, KUBECACHEDIR: string): number => {
      const env = { ...process.env, SALLYPORT_HOME: home, KUBECONFIG, KUBECACHEDIR };
      const started = performance.now();
      const { status, stderr } = spawnSync(programs.kubectl!, ['get', 'pods', '-n', 'default'], {
        env,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`kubectl get pods: ${stderr}`);
      return performance.now() - started;
    };
    const measure = (directCache: () => string, gatewayCache: () => string): Times => {
      const rounds = Array.from({ length: times }, () => {
        const directMs = run(cluster.adminKubeconfig, directCache());
        const before = sum(ofEach(pids, cpuSeconds));
        const gatewayMs = run(kubeconfig, gatewayCache());
        return { directMs, gatewayMs, cpuMs: (sum(ofEach(pids, cpuSeconds)) - before) * 1000 };
      });
      const directMs = median(rounds.map((one) => one.directMs));
      const gatewayMs = median(rounds.map((one) => one.gatewayMs));
      const cpuMs = rounds.reduce((total, one) => total + one.cpuMs, 0) / times;
      return { directMs, gatewayMs, ratio: gatewayMs / directMs, cpuMs };
    };
    const kept = { direct: newCache(), gateway: newCache() };
    const warm = () =>
      measure(
        () => kept.direct,
        () => kept.gateway,
      );
    // The first time fills the caches, and lets V8 compile what the gateway needs.
    warm();
    return { warm: warm(), cold: measure(newCache, newCache) };
  } finally {
    await gateway?.stop();
    await bed.stop();
  }
}
