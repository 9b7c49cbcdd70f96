import { readFileSync, statSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Returns what distinguishes two states of a file without reading it. A swapped symbolic link leads to another inode. */
function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
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

/** The text of a file or the fault of reading it. `identity` is that of the file just before it was read. */
export type TextFile = { identity: string; text?: string; fault?: string };

const formatSize = (bytes: number) => (bytes % (1024 * 1024) === 0 ? `${bytes / 1024 / 1024} MiB` : `${bytes} bytes`);

/**
 * Reads a regular file of at most `maxBytes` as UTF-8. Other kinds of files could block the reader or never end; `orPipe`
 * allows a pipe.
 */
export function readTextFile(file: string, maxBytes: number, options: { orPipe?: boolean } = {}): TextFile {
  let identity = 'none';
  try {
    const stats = statSync(file, { bigint: true });
    identity = identityOf(stats);
    if (!stats.isFile() && !(options.orPipe === true && stats.isFIFO()))
      return { identity, fault: 'cannot be read (not a regular file)' };
    const bytes = stats.size > BigInt(maxBytes) ? undefined : readFileSync(file);
    if (bytes === undefined || bytes.length > maxBytes)
      return { identity, fault: `is larger than ${formatSize(maxBytes)}` };
    return { identity, text: bytes.toString('utf8') };
  } catch (error) {
    return { identity, fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}
