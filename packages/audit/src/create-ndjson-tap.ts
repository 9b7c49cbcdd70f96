import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AuditRecord } from '@sallyport/contracts';
import type { AuditConsumer } from '@sallyport/kit';

export type NdjsonTapDeps = {
  file: string;
  /** At this size the file is moved to `<file>.1`, which replaces the one before. Default 64 MiB. */
  maxBytes?: number;
};

/** One event as one line: the data as it is, an audit.k8s.io Event, with the envelope beside it under `cloudEvent`. */
export function toLine({ id, type, source, time, key, data }: AuditRecord): string {
  return `${JSON.stringify({ ...data, cloudEvent: { id, type, source, time, key, specversion: '1.0' } })}\n`;
}

/** Creates a consumer that writes every event to a file, so that any tool which reads Kubernetes audit logs can follow along. Readable by its owner alone. */
export function createNdjsonTap(deps: NdjsonTapDeps): AuditConsumer {
  const maxBytes = deps.maxBytes ?? 64 * 1024 * 1024;
  let size: number | undefined;
  let turn: Promise<void> = Promise.resolve();

  const write = async (text: string): Promise<void> => {
    if (size === undefined) {
      await mkdir(path.dirname(deps.file), { recursive: true });
      size = await stat(deps.file).then((found) => found.size, () => 0);
    }
    const bytes = Buffer.byteLength(text);
    if (size > 0 && size + bytes > maxBytes) {
      await rename(deps.file, `${deps.file}.1`);
      size = 0;
    }
    await appendFile(deps.file, text, { mode: 0o600 });
    size += bytes;
  };
  return (records) => {
    const text = records.map(toLine).join('');
    const written = turn.then(() => write(text));
    turn = written.catch(() => {
      // What was written of it is unknown; the size is asked for again.
      size = undefined;
    });
    return written;
  };
}
