import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Setup } from '../contenders/contender.ts';
import { credentialPlugin, logInByCommand } from '../contenders/log-in-by-command.ts';
import { startGateway } from '../contenders/sallyport.ts';
import { median } from './load.ts';

/**
 * Milliseconds per start of the cached credential, of the smallest shell program, and of an empty subshell (already
 * subtracted from the other two).
 */
export type ExecCredentialResult = { credentialMs: number; shellMs: number; subshellMs: number; ratio: number };

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
    const first = spawnSync(credentialPlugin, ['exec-credential', server], { env, encoding: 'utf8' });
    if (first.status !== 0) throw new Error(`no credential: ${first.stderr}`);
    await gateway.stop();
    const rounds = Array.from({ length: plan.rounds }, () => {
      const subshell = timeLoop(':', plan.times, env);
      const shell = timeLoop('sh -c /bin/true', plan.times, env) - subshell;
      const credential =
        timeLoop(`'${credentialPlugin}' exec-credential '${server}' > /dev/null || exit 1`, plan.times, env) - subshell;
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
