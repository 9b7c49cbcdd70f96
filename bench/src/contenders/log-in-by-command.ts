import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Setup } from './contender.ts';
import { fillInLogin } from './log-in.ts';
import type { RunningGateway } from './sallyport.ts';

const bin = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../packages/cli/bin');
/** The exec plugin of kubectl, which answers from its cache without Node.js. */
export const credentialPlugin = path.join(bin, 'sallyport-exec-credential');

/** Logs in with the command line and fills in its login page. */
export async function logInByCommand(setup: Setup, gateway: RunningGateway, home: string): Promise<void> {
  const { gatewayUrl, caFile } = gateway.settings;
  const child = spawn(
    process.execPath,
    [path.join(bin, 'sallyport.js'), 'login', '--no-browser', '--gateway', gatewayUrl, '--ca-file', caFile],
    {
      env: { ...process.env, SALLYPORT_HOME: home, KUBECONFIG: path.join(home, 'none') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const page = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        const url = /https?:\/\/\S+\/\.sallyport\/login\?\S+/.exec(said)?.[0];
        if (url !== undefined) resolve(url);
      });
    }
    child.once('exit', (code) => reject(new Error(`login ended with ${code}: ${said}`)));
  });
  const gone = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  try {
    await fillInLogin(await page, { user: 'alice@example.com', password: 'alice' }, setup.authority.caPem);
    if ((await gone) !== 0) throw new Error(`login failed: ${said}`);
  } finally {
    child.kill();
  }
}
