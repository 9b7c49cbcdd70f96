import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand, theBed, type CommandResult, type Gateway } from '../harness/index.ts';

type Place = { gateway: Gateway; cluster?: string; namespace: string };

/** Runs the real kubectl with a token in a file, as a platform gives it to a job or a pod, and no other credential. */
export function kubectlWithToken(
  directory: string,
  { gateway, cluster, namespace }: Place,
  token: string,
  args: string[],
): Promise<CommandResult> {
  const tokenFile = path.join(directory, 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const config = path.join(directory, 'kubeconfig');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'one', cluster: { server: gateway.clusterUrl(cluster), 'certificate-authority': gateway.caFile } },
      ],
      users: [{ name: 'job', user: { tokenFile } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'job', namespace } }],
      'current-context': 'one',
    }),
  );
  return runCommand(theBed().kubectl ?? 'kubectl', args, { env: { KUBECONFIG: config, HOME: directory } });
}

/** The arguments with which kubectl shows only who the cluster takes it for. */
export const whoAmI = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
