import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { kubeconfig } from '@sallyport/bed';
import { theBed } from '../harness/index.ts';

/** Takes a token of a ServiceAccount, as one who has stolen it could use it. `how` are options of `kubectl create token`. */
export async function useCredential(
  namespace: string,
  account: string,
  directory: string,
  how: readonly string[] = [],
) {
  const { admin, server, caPem } = theBed().cluster!;
  const token = (await admin.kubectl(['create', 'token', account, '-n', namespace, ...how])).trim();
  const file = path.join(directory, `${account}.kubeconfig`);
  writeFileSync(file, kubeconfig({ server, caPem, user: { token } }), { mode: 0o600 });
  const env = { KUBECONFIG: file };
  return {
    /** Does the API server no longer know it? */
    async isRefused(): Promise<boolean> {
      return (await admin.tryKubectl(['auth', 'whoami'], { env })).stderr.includes('Unauthorized');
    },
    /** Does the API server let it act as this user with these groups? */
    async mayBe([user, ...groups]: readonly [string, ...string[]]): Promise<boolean> {
      const as = [`--as=${user}`, ...groups.map((group) => `--as-group=${group}`)];
      const { code, stdout } = await admin.tryKubectl(['auth', 'whoami', '-o', 'json', ...as], {
        env,
      });
      return code === 0 && (JSON.parse(stdout) as Review).status.userInfo.username === user;
    },
  };
}

type Review = { status: { userInfo: { username: string } } };
