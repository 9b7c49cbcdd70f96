import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { repository } from '../deployment/manifests.ts';

const run = promisify(execFile);

/** An earlier version of Sallyport. */
export type EarlierVersion = {
  commit: string;
  /** Its sources, built. */
  directory: string;
  /** The archive of its image, which has the tag `earlier`. */
  archive: string;
};

async function step(what: string, program: string, args: readonly string[], cwd: string): Promise<void> {
  const began = Date.now();
  try {
    await run(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed: ${(stdout + stderr).slice(-2000)}`, { cause: error });
  }
  process.stderr.write(`earlier version: ${what} took ${Math.round((Date.now() - began) / 1000)} s\n`);
}

/**
 * Builds the version of a commit of this repository, with its image. Each is built once and kept in
 * `~/.cache/sallyport/versions`. Throws if the history does not have the commit, as in a shallow clone.
 */
export async function buildEarlier(commit: string, image: string): Promise<EarlierVersion> {
  const directory = path.join(homedir(), '.cache', 'sallyport', 'versions', commit);
  const archive = path.join(directory, 'earlier.tar');
  if (existsSync(archive)) return { commit, directory, archive };
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(path.dirname(directory), { recursive: true });
  await step('git clone', 'git', ['clone', '--quiet', '--no-checkout', repository, directory], repository);
  await step('git checkout', 'git', ['checkout', '--quiet', commit], directory);
  await step('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], directory);
  const out = path.join(directory, 'dist-earlier');
  await step('npm run image', 'npm', ['run', 'image', '--', '--tag', image, '--out', out], directory);
  await step('keeping the image', 'sh', ['-c', `mv ${out}/*.tar ${archive}`], directory);
  return { commit, directory, archive };
}
