import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { anonymousGroup, type AuditConsumer } from '@sallyport/audit-log';
import { toLine } from './trail/to-line.ts';

export type NdjsonTapDeps = {
  file: string;
  /** The file for events of anonymous callers, so that they cannot displace others. */
  anonymousFile: string;
  /**
   * At this size a file is moved to `<file>.1` and replaces the previous one. The default is 64 MiB, and 8 MiB for
   * anonymous callers.
   */
  maxBytes?: number;
  maxAnonymousBytes?: number;
};

const mebibyte = 1024 * 1024;

/** Creates a function that appends to a file, one text after the other. */
function createBoundedFile(file: string, maxBytes: number): (text: string) => Promise<void> {
  let size: number | undefined;
  let last: Promise<void> = Promise.resolve();

  const write = async (text: string): Promise<void> => {
    if (size === undefined) {
      await mkdir(path.dirname(file), { recursive: true });
      size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
    }
    const bytes = Buffer.byteLength(text);
    if (size > 0 && size + bytes > maxBytes) {
      await rename(file, `${file}.1`);
      size = 0;
    }
    await appendFile(file, text, { mode: 0o600 });
    size += bytes;
  };
  return (text) => {
    const written = last.then(() => write(text));
    last = written.catch(() => {
      // How much was written is unknown, so the size is read again.
      size = undefined;
    });
    return written;
  };
}

/**
 * Creates a consumer that writes every event to a file, and those of anonymous callers to a second one. Any tool that
 * reads Kubernetes audit logs can follow them. Only their owner can read them.
 */
export function createNdjsonTap(deps: NdjsonTapDeps): AuditConsumer {
  const write = createBoundedFile(deps.file, deps.maxBytes ?? 64 * mebibyte);
  const writeAnonymous = createBoundedFile(deps.anonymousFile, deps.maxAnonymousBytes ?? 8 * mebibyte);
  return async (records) => {
    let [named, anonymous] = ['', ''];
    for (const record of records) {
      if (anonymousGroup(record)) anonymous += toLine(record);
      else named += toLine(record);
    }
    await Promise.all([
      ...(named === '' ? [] : [write(named)]),
      ...(anonymous === '' ? [] : [writeAnonymous(anonymous)]),
    ]);
  };
}
