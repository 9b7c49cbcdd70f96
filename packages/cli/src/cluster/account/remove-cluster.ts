import type { Environment } from '../../environment/environment.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { confirm } from '../../terminal/confirm.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { type OutputFormat, writeResult } from '../../terminal/output.ts';
import { startSpinner } from '../../terminal/progress.ts';
import { createKubeClient } from '../kube/kube-client.ts';
import { openKubeconfig } from '../kube/open-kubeconfig.ts';
import { objectName } from './kube-objects.ts';
import { planRemoval, removeAccount } from './remove-account.ts';
import { readPlace, type AccountOptions, type AdminOptions } from './account-objects.ts';

export type RemoveOptions = AccountOptions & AdminOptions & { output: OutputFormat; yes?: boolean };

export async function removeCluster(environment: Environment, name: string, options: RemoveOptions): Promise<void> {
  const place = readPlace(name, options, 'Write the name that you gave to sallyport cluster add.');
  if (options.kubeconfig === undefined)
    throw usageError('--kubeconfig is missing', 'Name the kubeconfig of an administrator of the cluster.');
  const { access } = await openKubeconfig(environment, { kubeconfig: options.kubeconfig, context: options.context });
  const client = createKubeClient(access, environment);
  const looking = await startSpinner(environment, `Looking for what was made in ${access.server}`);
  const plan = await planRemoval(client, place).finally(() => looking.stop());
  for (const { object, why } of plan.keep)
    environment.stderr.write(`Note: the ${forTerminal(object)} stays: ${forTerminal(why)}.\n`);
  if (plan.remove.length > 0)
    await confirm(
      environment,
      `This deletes from ${access.server}: ${plan.remove.map((one) => forTerminal(objectName(one))).join(', ')}. The gateway loses its access at once.`,
      options,
    );
  const deleting = await startSpinner(environment, 'Deleting');
  const removed = await removeAccount(client, plan, environment.sleep).finally(() => deleting.stop());
  const hadConnector = plan.remove.some(({ kind }) => kind === 'Deployment');
  await writeResult(environment, options.output, { removed, kept: plan.keep }, () =>
    removed.length === 0
      ? `There is nothing to remove for the cluster ${name}.\n`
      : `${removed.map((one) => `  deleted  ${forTerminal(one)}\n`).join('')}Remove the entry "${name}" from clusters in sallyport.yaml, and ${hadConnector ? 'from connectors' : 'delete its token file'}.\n`,
  );
}
