import { readFileSync, statSync } from 'node:fs';
import { identityOf } from './file-identity.ts';

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
