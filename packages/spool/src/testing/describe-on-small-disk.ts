import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';

/** A disk of one mebibyte. */
export type SmallDisk = {
  path: string;
  /** Changes it, for example with `ro` or `size=8m`. */
  remount(option: string): void;
};

/** Returns why it fails, or undefined. */
function mount(path: string, ...options: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('mount', [...options, path], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/**
 * Registers tests on a disk of one mebibyte. If nothing may be mounted on this machine, they are skipped, and the run
 * reports it. With CI=true they fail instead.
 */
export function describeOnSmallDisk(title: string, tests: (disk: SmallDisk) => void): void {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  const tmpfs = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'];
  const mountOrThrow = (...options: string[]) => {
    const why = mount(path, ...options);
    if (why !== undefined) throw new Error(why);
  };
  const disk: SmallDisk = { path, remount: (option) => mountOrThrow('-o', `remount,${option}`) };
  const close = () => {
    spawnSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true, force: true });
  };
  const why = mount(path, ...tmpfs);
  close();
  if (why === undefined)
    return describe(title, () => {
      // Not before, because a run without these tests does not come to the end of them.
      beforeAll(() => {
        mkdirSync(path);
        mountOrThrow(...tmpfs);
      });
      afterAll(close);
      tests(disk);
    });
  if (process.env.CI === 'true') throw new Error(`"${title}" cannot be tested: ${why}`);
  process.stderr.write(`skipped: ${title}: ${why}\n`);
  const file = process.env.SALLYPORT_SKIPS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what: title, why })}\n`);
  describe.skip(title, () => tests(disk));
}
