import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { DemoCluster } from './demo-cluster.ts';

/** Uses the user's own cluster, from their kubeconfig, after asking. Writes nothing to the cluster. */
export async function openOwnCluster(deps: {
  kubeconfig: string;
  context: string | undefined;
  yes: boolean;
}): Promise<DemoCluster> {
  const about = `${deps.kubeconfig}${deps.context === undefined ? '' : `, context ${deps.context}`}`;
  if (!deps.yes) {
    if (!process.stdin.isTTY)
      throw new Error(`the demo would use your credential for the cluster in ${about}. Add --yes to allow this`);
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question(
      `The demo will use your credential for the cluster in ${about}, to send requests as the people of the demo (alice and others). Continue? [y/N] `,
    );
    terminal.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error('stopped, because you did not agree');
  }
  return {
    kind: 'kubeconfig',
    access: { kubeconfig: deps.kubeconfig, ...(deps.context === undefined ? {} : { context: deps.context }) },
    adminKubeconfig: deps.kubeconfig,
    auditFile: undefined,
    kubectl: undefined,
    namespace: undefined,
    close: () => Promise.resolve(),
  };
}
