import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import type { Environment } from '../environment/environment.ts';
import { fieldOf } from '../input/field-of.ts';
import { firstOnPath } from '../kubeconfig/program-on-path.ts';
import { failed, ok, type Check } from './check.ts';
import { shellWord } from '../terminal/shell-word.ts';

const name = 'kubectl';
const limitMs = 5000;
/** The first version with client.authentication.k8s.io/v1, in which kubeconfigs are written here. */
const oldestMinor = 22;

/**
 * Returns the version that kubectl says it has. It gets no kubeconfig, because a kubectl that starts another one by the
 * version of the cluster (that of the Google Cloud CLI) would ask the current cluster first, and wait for a login.
 */
async function versionOf(file: string, { env, workingDirectory }: Environment): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['version', '--client', '-o', 'json'], {
      env: { ...env, KUBECONFIG: devNull },
      cwd: workingDirectory,
      timeout: limitMs,
      killSignal: 'SIGKILL',
      maxBuffer: 65_536,
      windowsHide: true,
    });
    const version = fieldOf(fieldOf(JSON.parse(stdout), 'clientVersion'), 'gitVersion');
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Checks that kubectl is installed, runs, and can get its credential from this program. */
export async function checkKubectl(environment: Environment): Promise<Check> {
  const file = firstOnPath('kubectl', environment);
  if (file === undefined)
    return failed(
      name,
      'kubectl is not in your PATH',
      'Install it (https://kubernetes.io/docs/tasks/tools), or add its directory to PATH.',
    );
  const version = await versionOf(file, environment);
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (version === undefined || major === undefined)
    return failed(name, `${file} does not say its version`, `To see why, run: ${shellWord(file)} version --client`);
  if (Number(major) === 1 && Number(minor) < oldestMinor)
    return failed(
      name,
      `${version} (${file}) does not know client.authentication.k8s.io/v1, with which it gets its credential`,
      `Update kubectl to version 1.${oldestMinor} or newer.`,
    );
  return ok(name, `${version} (${file}), which knows client.authentication.k8s.io/v1`);
}
