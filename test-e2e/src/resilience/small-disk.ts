import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A file system of its own, on a disk that a test can fill and break. */
export type SmallDisk = {
  /** Where it is mounted. */
  mountPoint: string;
  /** Takes all space that is left, as another program would. */
  fill(): void;
  /** Gives the space back. */
  empty(): void;
  /** Makes the file system find an error: it becomes read-only at once, also for open files. */
  breakIt(): void;
  /** Repairs and mounts it again, as an operator does. Nothing may have a file open there. */
  repair(): void;
  remove(): void;
};

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/**
 * Creates an ext4 file system in a file and mounts it in a new directory of `parent` with this name. Throws if this
 * machine or this user cannot mount one.
 */
export function createSmallDisk(parent: string, name: string, mebibytes: number): SmallDisk {
  const directory = mkdtempSync(path.join(tmpdir(), 'small-disk-'));
  const image = path.join(directory, 'image');
  const mountPoint = path.join(parent, name);
  const filling = path.join(mountPoint, 'filling');
  const mount = () => run('mount', '-o', 'loop,errors=remount-ro', image, mountPoint);
  writeFileSync(image, Buffer.alloc(mebibytes * 1024 * 1024));
  mkdirSync(mountPoint, { recursive: true });
  try {
    run('mkfs.ext4', '-q', '-F', '-m', '0', image);
    mount();
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
  return {
    mountPoint,
    fill() {
      for (const size of [65_536, 4096, 1]) {
        try {
          for (;;) writeFileSync(filling, Buffer.alloc(size), { flag: 'a' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    empty: () => rmSync(filling),
    breakIt() {
      const device = path.basename(run('findmnt', '-n', '-o', 'SOURCE', mountPoint).trim());
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
    },
    repair() {
      run('umount', mountPoint);
      // The loop device lets go of the image a moment later. Until then it may write over what is repaired.
      for (let tries = 0; tries < 1000 && run('losetup', '-j', image) !== ''; tries += 1) run('sleep', '0.01');
      // 1: faults were corrected.
      const { status, stdout } = spawnSync('e2fsck', ['-f', '-y', image], { encoding: 'utf8' });
      if (status !== 0 && status !== 1) throw new Error(`e2fsck: ${stdout}`);
      mount();
    },
    remove() {
      spawnSync('umount', ['--lazy', mountPoint]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
