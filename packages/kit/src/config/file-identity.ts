import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What tells one state of a file from another without reading it, symbolic links followed: a swapped link leads to another inode. */
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
