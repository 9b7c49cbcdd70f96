import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What tells one state of a file from another without reading it, symbolic links followed: a swapped link leads to
 * another inode.
 */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}.${ino}.${size}.${mtimeNs}.${ctimeNs}`;
}

/** The identity of the file now; `none` if there is none. */
export async function fileIdentity(file: string): Promise<string> {
  try {
    return identityOf(await stat(file, { bigint: true }));
  } catch {
    return 'none';
  }
}

/** The identities of some files now. */
export async function identitiesOf(files: Iterable<string>): Promise<Map<string, string>> {
  return new Map(await Promise.all([...files].map(async (file) => [file, await fileIdentity(file)] as const)));
}

/** True if a file of `a` is another one in `b`. */
export function differ(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return [...a].some(([file, identity]) => b.get(file) !== identity);
}
