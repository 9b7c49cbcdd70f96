import { readFileSync, statSync } from 'node:fs';
import { identityOf } from './file-identity.ts';

/** A file's text, or why there is none; `identity` is what the file was just before it was read. */
export type TextFile = { identity: string; text?: string; fault?: string };

const sizeWords = (bytes: number) => (bytes % (1024 * 1024) === 0 ? `${bytes / 1024 / 1024} MiB` : `${bytes} bytes`);

/**
 * Reads a regular file of at most `maxBytes` as UTF-8. Anything else than a file could keep its reader waiting, or
 * never end; a pipe is taken where `orPipe` says so.
 */
export function readTextFile(file: string, maxBytes: number, options: { orPipe?: boolean } = {}): TextFile {
  let identity = 'none';
  try {
    const stats = statSync(file, { bigint: true });
    identity = identityOf(stats);
    if (!stats.isFile() && !(options.orPipe === true && stats.isFIFO()))
      return { identity, fault: 'cannot be read (it is no file)' };
    const bytes = stats.size > BigInt(maxBytes) ? undefined : readFileSync(file);
    if (bytes === undefined || bytes.length > maxBytes)
      return { identity, fault: `is larger than ${sizeWords(maxBytes)}` };
    return { identity, text: bytes.toString('utf8') };
  } catch (error) {
    return { identity, fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}
