import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { tryPackage, type NewProgram } from './try-program.ts';

// The package has no dependencies and no scripts. So npm has no reason to use the network, or to run anything.
const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];

function install(npm: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: 300_000, encoding: 'utf8' } as const;
    execFile(npm, ['install', '--global', ...options, file], limits, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const said = (stderr.trim() || stdout.trim() || error.message).slice(0, 2000);
      reject(new CliError('failed', `npm could not install the new version: ${said}`, 'Correct this, and try again.'));
    });
  });
}

/** Lets npm install a package globally, after the program in it was run once. Throws a CliError if either fails. */
export async function installWithNpm(
  environment: Pick<Environment, 'onInterrupt'>,
  npm: string,
  added: NewProgram,
): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'sallyport-upgrade-'));
  const clear = () => rmSync(work, { recursive: true, force: true });
  const unsubscribe = environment.onInterrupt(clear);
  try {
    await tryPackage(work, added);
    const file = path.join(work, added.name);
    writeFileSync(file, added.bytes, { mode: 0o600 });
    await install(npm, file);
  } finally {
    unsubscribe();
    clear();
  }
}
