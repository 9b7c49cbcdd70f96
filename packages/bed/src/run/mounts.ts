import { readFileSync } from 'node:fs';
import { runCommand } from './command.ts';

/** Reads the mount points below a directory from mountinfo(5), the deepest first. */
export function parseMountsBelow(mountinfo: string, directory: string): string[] {
  const points = mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => unescape(line.split(' ')[4] ?? ''));
  // The most recent first, because several may be stacked on one mount point.
  return points
    .reverse()
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .sort((a, b) => depth(b) - depth(a));
}

/** Lists the mount points of this process below a directory, the deepest first. */
export function mountsBelow(directory: string): string[] {
  if (process.platform !== 'linux') return [];
  return parseMountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), directory);
}

/** Unmounts everything below a directory. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const point of mountsBelow(directory)) await runCommand('umount', ['--lazy', point]);
}

function depth(point: string): number {
  return point.split('/').length;
}

// Blank, tab, newline and backslash are encoded as three octal digits.
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
