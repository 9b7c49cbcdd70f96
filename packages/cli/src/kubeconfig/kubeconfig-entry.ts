import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { stableBin, startsByName } from '../kubectl/program-on-path.ts';

/** One cluster in a kubeconfig. `command` and `args` are the exec plugin that gives kubectl its credential. */
export type KubeconfigEntry = {
  name: string;
  server: string;
  authority: string | undefined;
  command: string;
  args: string[];
};

/** How kubectl starts this program: through the sh front, or on Windows with Node.js directly. */
type ExecPlugin = { command: string; args: (server: string) => string[] };

const installHint =
  'The program "sallyport" gives kubectl its credential. Install it, then run: sallyport kubeconfig --merge';

/** Returns the exec section of the user (client.authentication.k8s.io/v1). */
export function execSection(entry: KubeconfigEntry) {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: entry.command,
    args: entry.args,
    installHint,
    interactiveMode: 'IfAvailable',
    provideClusterInfo: false,
  };
}

function ownFile(name: string, { programDirectory }: Pick<Environment, 'programDirectory'>): string {
  const file = programDirectory === undefined ? undefined : path.join(stableBin(programDirectory), name);
  if (file !== undefined && existsSync(file)) return file;
  throw new CliError(
    'local-file',
    `the file bin/${name} of this program is missing`,
    'Reinstall the program, or give its path with --cli.',
  );
}

/** The names of the sh front: its own, and the one that krew gives to the plugin `kubectl sallyport`. */
const frontNames = ['sallyport-exec-credential', 'kubectl-sallyport'];

/**
 * Returns how kubectl starts this program: by its name if that starts this very program, which outlives an update, else
 * by its path. `named` is the path given with --cli.
 */
export function execPlugin(
  named: string | undefined,
  environment: Pick<Environment, 'env' | 'platform' | 'workingDirectory' | 'programDirectory'>,
): ExecPlugin {
  const args = (server: string) => ['exec-credential', server];
  if (named !== undefined) {
    const command = path.resolve(environment.workingDirectory, named);
    if (!existsSync(command))
      throw new CliError(
        'local-file',
        `${command} does not exist`,
        'With --cli, give the path of the program that kubectl should start.',
      );
    return { command, args };
  }
  if (environment.platform === 'win32') {
    const script = ownFile('sallyport.js', environment);
    if (startsByName('sallyport', script, environment)) return { command: 'sallyport', args };
    return { command: process.execPath, args: (server) => [script, ...args(server)] };
  }
  const front = ownFile('sallyport-exec-credential', environment);
  return { command: frontNames.find((name) => startsByName(name, front, environment)) ?? front, args };
}
