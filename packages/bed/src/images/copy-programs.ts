import { cpSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { runCommand, tryCommand } from '../run/command.ts';

/** Copies a file or a directory of this machine into the root of an image, with what its links lead to. */
export function copyInto(root: string, from: string, to: string = from, leaveOut: readonly string[] = []): void {
  const target = path.join(root, to);
  mkdirSync(path.dirname(target), { recursive: true });
  const wanted = (file: string) => existsSync(file) && !leaveOut.includes(path.basename(file));
  cpSync(from, target, { recursive: true, dereference: true, filter: wanted });
}

/** Copies the shared libraries that these programs and libraries need into the root of an image, and the loader. */
export async function copyLibraries(root: string, files: readonly string[]): Promise<void> {
  // ldd names "not found" what the files of an installation find next to themselves.
  const { stdout } = await tryCommand('ldd', files);
  const needed = new Set(stdout.match(/\/\S+\.so\S*(?= \(0x)/g));
  for (const library of needed) if (!existsSync(path.join(root, library))) copyInto(root, library);
}

/** Returns the files below a directory that may need shared libraries. */
export function nativeFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file).isFile() && (/\.so(\.|$)/.test(file) || path.basename(directory) === 'bin'));
}

/** Puts a static busybox and links for its programs into the root of an image, which so has a shell. */
export async function layOutShell(root: string, busybox: string): Promise<void> {
  copyInto(root, busybox, '/bin/busybox');
  const applets = (await runCommand(busybox, ['--list'])).split('\n').filter((name) => name !== '');
  for (const name of applets) if (name !== 'busybox') symlinkSync('busybox', path.join(root, 'bin', name));
}
