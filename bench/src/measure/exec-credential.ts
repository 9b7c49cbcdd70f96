import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Setup } from '../contenders/contender.ts';
import { fillInLogin } from '../contenders/log-in.ts';
import { startGateway, type RunningGateway } from '../contenders/sallyport.ts';
import { median } from './load.ts';

/**
 * Milliseconds per start of the cached credential, of the smallest shell program, and of an empty subshell (already
 * subtracted from the other two).
 */
export type ExecCredentialResult = { credentialMs: number; shellMs: number; subshellMs: number; ratio: number };

const bin = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../packages/cli/bin');
const front = path.join(bin, 'sallyport-exec-credential');

/** Logs in with the command line and fills in its login page. */
async function logInByCommand(setup: Setup, gateway: RunningGateway, home: string): Promise<void> {
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

/**
 * Times a shell that runs `command` several times, each in its own subshell. The exec plugin then sees a different client
 * process each time, as with kubectl.
 */
function timeLoop(command: string, times: number, env: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `i=0; while [ $i -lt ${times} ]; do ( ${command}; : ); i=$((i+1)); done`],
    { env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return (performance.now() - started) / times;
}

/** Measures how long kubectl waits for a cached credential, next to the smallest program that a shell can run. */
export async function measureExecCredential(
  setup: Setup,
  plan: { times: number; rounds: number },
): Promise<ExecCredentialResult> {
  const gateway = await startGateway(setup, 'tls');
  try {
    const home = path.join(setup.directory, 'home');
    mkdirSync(home, { mode: 0o700 });
    await logInByCommand(setup, gateway, home);
    const env = { ...process.env, SALLYPORT_HOME: home };
    const server = `${gateway.settings.gatewayUrl}/clusters/bench`;
    // The first call fills the cache. Then the gateway stops, so every later answer comes from the cache.
    const first = spawnSync(front, ['exec-credential', server], { env, encoding: 'utf8' });
    if (first.status !== 0) throw new Error(`no credential: ${first.stderr}`);
    await gateway.stop();
    const rounds = Array.from({ length: plan.rounds }, () => {
      const subshell = timeLoop(':', plan.times, env);
      const shell = timeLoop('sh -c /bin/true', plan.times, env) - subshell;
      const credential =
        timeLoop(`'${front}' exec-credential '${server}' > /dev/null || exit 1`, plan.times, env) - subshell;
      return { subshell, shell, credential };
    });
    const [credentialMs, shellMs] = [
      median(rounds.map((one) => one.credential)),
      median(rounds.map((one) => one.shell)),
    ];
    return {
      credentialMs,
      shellMs,
      subshellMs: median(rounds.map((one) => one.subshell)),
      ratio: median(rounds.map((one) => one.credential / one.shell)),
    };
  } finally {
    await gateway.stop();
  }
}
