import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Returns what distinguishes two states of a file without reading it. A swapped symbolic link leads to another inode. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}.${ino}.${size}.${mtimeNs}.${ctimeNs}`;
}

/** Returns the current identity of a file; `none` if it does not exist. */
export async function fileIdentity(file: string): Promise<string> {
  try {
    return identityOf(await stat(file, { bigint: true }));
  } catch {
    return 'none';
  }
}

/** Returns the current identities of files. */
export async function identitiesOf(files: Iterable<string>): Promise<Map<string, string>> {
  return new Map(await Promise.all([...files].map(async (file) => [file, await fileIdentity(file)] as const)));
}

/** Reports whether a file of `a` has another identity in `b`. */
export function differ(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return [...a].some(([file, identity]) => b.get(file) !== identity);
}
