import { anonymousGroup, toLine, type AuditConsumer } from '@sallyport/audit-log';
import { createBoundedFile } from './create-bounded-file.ts';

export type NdjsonTapDeps = {
  file: string;
  /** Where events of anonymous callers go while `file` has its share of them, so that they cannot displace others. */
  anonymousFile: string;
  /** At this size in bytes, a file is moved to `<file>.1` and replaces the previous one. The default is 64 MiB. */
  maxBytes?: number;
  /** The share of anonymous callers in `file`, and the size of `anonymousFile`. The default is 8 MiB. */
  maxAnonymousBytes?: number;
};

const mebibyte = 1024 * 1024;

/**
 * Creates a consumer that writes every event to a file. If there are very many of anonymous callers, the rest of those
 * goes to a second file. Any tool that reads Kubernetes audit logs can follow them. Only their owner can read them.
 */
export function createNdjsonTap(deps: NdjsonTapDeps): AuditConsumer {
  const maxAnonymousBytes = deps.maxAnonymousBytes ?? 8 * mebibyte;
  let anonymousBytes = 0;
  const write = createBoundedFile(deps.file, deps.maxBytes ?? 64 * mebibyte, () => {
    anonymousBytes = 0;
  });
  const writeRest = createBoundedFile(deps.anonymousFile, maxAnonymousBytes);
  /** Reports whether the line of an anonymous caller is beyond their share, and counts it otherwise. */
  const isBeyondShare = (line: string) => {
    const bytes = Buffer.byteLength(line);
    if (anonymousBytes + bytes > maxAnonymousBytes) return true;
    anonymousBytes += bytes;
    return false;
  };
  return async (records) => {
    let [lines, rest] = ['', ''];
    for (const record of records) {
      const line = toLine(record);
      if (anonymousGroup(record) && isBeyondShare(line)) rest += line;
      else lines += line;
    }
    await Promise.all([...(lines === '' ? [] : [write(lines)]), ...(rest === '' ? [] : [writeRest(rest)])]);
  };
}
