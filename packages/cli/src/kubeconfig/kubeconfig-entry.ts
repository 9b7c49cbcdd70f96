import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { CliError } from '../terminal/cli-error.ts';

/**
 * One cluster as it goes into a kubeconfig. `command` and `args` are the exec plugin that gives kubectl its credential.
 */
export type KubeconfigEntry = {
  name: string;
  server: string;
  authority: string | undefined;
  command: string;
  args: string[];
};

/** How kubectl starts this program for a cluster: the sh front, or on Windows Node.js itself. */
export type ExecPlugin = { command: string; args: (server: string) => string[] };

const installHint =
  'The program "sallyport" gives kubectl its credential. Install it, then run: sallyport kubeconfig --merge';

/** The user's exec section (client.authentication.k8s.io/v1). */
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

function ownFile(name: string): string {
  for (
    let directory = path.dirname(fileURLToPath(import.meta.url)), up = 0;
    up < 4;
    directory = path.dirname(directory), up += 1
  ) {
    const file = path.join(directory, 'bin', name);
    if (existsSync(file)) return file;
  }
  throw new CliError(
    'local-file',
    `the file bin/${name} of this program is missing`,
    'Install the program again, or name it with --cli.',
  );
}

/** Finds how kubectl is to start this program; `named` is what a person gave with --cli. */
export function execPlugin(named: string | undefined, platform: NodeJS.Platform, workingDirectory: string): ExecPlugin {
  if (named !== undefined) {
    const command = path.resolve(workingDirectory, named);
    if (!existsSync(command))
      throw new CliError(
        'local-file',
        `${command} is not there`,
        'Name the program that kubectl is to start with --cli.',
      );
    return { command, args: (server) => ['exec-credential', server] };
  }
  if (platform === 'win32') {
    const script = ownFile('sallyport.js');
    return { command: process.execPath, args: (server) => [script, 'exec-credential', server] };
  }
  return { command: ownFile('sallyport-exec-credential'), args: (server) => ['exec-credential', server] };
}
