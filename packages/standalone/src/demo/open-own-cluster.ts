import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { DemoCluster } from './demo-cluster.ts';

/** Uses a cluster of the person's own, by their kubeconfig, after asking. Nothing is written to the cluster. */
export async function openOwnCluster(deps: {
  kubeconfig: string;
  context: string | undefined;
  yes: boolean;
}): Promise<DemoCluster> {
  const about = `${deps.kubeconfig}${deps.context === undefined ? '' : `, context ${deps.context}`}`;
  if (!deps.yes) {
    if (!process.stdin.isTTY)
      throw new Error(`the demo would use the cluster of ${about} with your credential there; say --yes to allow it`);
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question(
      `The demo will send requests to the cluster of ${about} with your credential there, as the demo's people (alice and others). Go on? [y/N] `,
    );
    terminal.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error('stopped: the answer was no');
  }
  return {
    kind: 'kubeconfig',
    access: { kubeconfig: deps.kubeconfig, ...(deps.context === undefined ? {} : { context: deps.context }) },
    adminKubeconfig: deps.kubeconfig,
    kubectl: undefined,
    namespace: undefined,
    close: () => Promise.resolve(),
  };
}
