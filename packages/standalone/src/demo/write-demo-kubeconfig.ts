import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';

const run = promisify(execFile);
// This package does not import the command line. It starts it as a program.
const cliDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../cli');

/** The path of the sallyport command. */
export const cliProgram = path.join(cliDirectory, 'bin', 'sallyport.js');

// The kubeconfig names this clone, also where the PATH has a sallyport. Windows has no sh front.
const byPath =
  process.platform === 'win32' ? [] : ['--cli', path.join(cliDirectory, 'bin', 'sallyport-exec-credential')];

type Kubeconfig = {
  users: { user: { exec: { env?: { name: string; value: string }[] } } }[];
  contexts: { context: { namespace?: string } }[];
  'current-context'?: string;
};

/**
 * Writes a kubeconfig of the demo into a directory, with the sallyport command. The logins of its user are in `home/` next
 * to it, so that the user's own files stay untouched.
 */
export async function writeDemoKubeconfig(request: {
  directory: string;
  gatewayUrl: string;
  caFile: string;
  cluster: string;
  namespace: string | undefined;
}): Promise<{ kubeconfig: string; home: string }> {
  const home = path.join(request.directory, 'home');
  const { stdout } = await run(
    process.execPath,
    [
      cliProgram,
      'kubeconfig',
      '--offline',
      '--gateway',
      request.gatewayUrl,
      '--ca-file',
      request.caFile,
      '--cluster',
      request.cluster,
      ...byPath,
    ],
    {
      env: { ...process.env, SALLYPORT_HOME: home, KUBECONFIG: '' },
    },
  );
  const config = parse(stdout) as Kubeconfig;
  for (const { user } of config.users) user.exec.env = [{ name: 'SALLYPORT_HOME', value: home }];
  if (request.namespace !== undefined) for (const { context } of config.contexts) context.namespace = request.namespace;
  const file = path.join(request.directory, 'kubeconfig');
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return { kubeconfig: file, home };
}
