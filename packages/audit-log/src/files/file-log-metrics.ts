import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';

/** The metrics of a log in files. */
export type FileLogMetrics = { deleted(reason: 'age' | 'size', files: number): void; skipped(): void };

type Watched = {
  /** The sizes of all files, in bytes. */
  files: readonly number[];
  maxBytes: number;
  /** By consumer, how many bytes it has not read. */
  behind: ReadonlyMap<string, number>;
};

/** Registers what an operator watches of a log in files. Values are read at each scrape. */
export function createFileLogMetrics(metrics: Metrics | undefined, watched: () => Watched): FileLogMetrics {
  if (!metrics) return { deleted: () => undefined, skipped: () => undefined };
  const registers = [metrics];
  const gauge = (name: string, help: string, read: (of: Watched) => number) => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read(watched())) });
  };
  gauge('sallyport_audit_files', 'Files of the audit trail', ({ files }) => files.length);
  gauge('sallyport_audit_files_bytes', 'Bytes that the files of the audit trail occupy', ({ files }) =>
    files.reduce((sum, size) => sum + size, 0),
  );
  gauge('sallyport_audit_files_limit_bytes', 'Bytes that they may occupy', ({ maxBytes }) => maxBytes);
  const behind: Gauge = new Gauge({
    name: 'sallyport_audit_files_unread_bytes',
    help: 'Bytes of the audit trail that a consumer has not read yet',
    labelNames: ['consumer'],
    registers,
    collect() {
      for (const [consumer, bytes] of watched().behind) behind.set({ consumer }, bytes);
    },
  });
  const deleted = new Counter({
    name: 'sallyport_audit_files_deleted_total',
    help: 'Files of the audit trail that were deleted, by the reason: age or size',
    labelNames: ['reason'],
    registers,
  });
  const skipped = new Counter({
    name: 'sallyport_audit_lines_skipped_total',
    help: 'Lines of the audit trail that were not audit events',
    registers,
  });
  return {
    deleted: (reason, files) => deleted.inc({ reason }, files),
    skipped: () => skipped.inc(),
  };
}
