import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVerifier, type TrailReport } from '@sallyport/audit-proof';
import type { AuditConfig, AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { findTrailFiles } from '../files/trail-files.ts';
import { openFileAuditLog, type FileAuditLogDeps } from '../files/open-file-audit-log.ts';
import { readTrailLine } from '../files/trail-line.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import type { AuditLog } from '../sink/audit-sink.ts';

export type LogLine = { level: string; message: string; fields: Record<string, unknown> };

type Settings = Omit<Partial<FileAuditLogDeps>, 'logger'> & {
  maxBytes?: number;
  retention?: number;
  legalHolds?: AuditConfig['legalHolds'];
};

/** A `data` directory for logs of a test, and what they log. */
export type FileLogBed = {
  data: string;
  lines: LogLine[];
  /** Returns the messages of a level in the log. */
  messages(level: string): string[];
  open(settings?: Settings): Promise<AuditLog>;
  /** Returns the names of the files of the trail, in their order. */
  names(): string[];
  /** Returns the events of all files, in their order. Throws if a line is not an event. */
  events(): AuditRecord[];
  /** Returns what the verifier says of all files. */
  verify(): TrailReport;
  remove(): void;
};

const mebibyte = 1024 * 1024;

/** Creates a bed. */
export function createFileLogBed(root = tmpdir()): FileLogBed {
  const data = mkdtempSync(join(root, 'file-log-'));
  const trail = join(data, 'trail');
  const lines: LogLine[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: fields as Record<string, unknown> });
  const logger = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, log(level)]),
  ) as unknown as Logger;
  const names = () => findTrailFiles(readdirSync(trail)).map(({ name }) => name);
  const textsOf = (name: string) => readFileSync(join(trail, name), 'utf8').split('\n');
  const read = (name: string) =>
    textsOf(name)
      .slice(0, -1)
      .map((text, index) => {
        const found = readTrailLine(text);
        if ('fault' in found) throw new Error(`${name}:${index + 1}: ${found.fault}`);
        return found.record;
      });
  return {
    data,
    lines,
    names,
    messages: (level) => lines.filter((line) => line.level === level).map(({ message }) => message),
    open: ({ maxBytes = 64 * mebibyte, retention = 90 * 86_400_000, legalHolds = [], ...deps } = {}) =>
      openFileAuditLog(
        { data, audit: { files: { maxBytes }, retention, legalHolds, spool: undefined } },
        { logger, now: Date.now, publishTimeoutMs: 60_000, ...deps },
      ),
    events: () => names().flatMap(read),
    verify() {
      const verifier = createVerifier();
      for (const source of names())
        for (const [index, { id, type, time, data: event }] of read(source).entries())
          verifier.add({ id, type, time, data: event, place: { source, position: index + 1 } });
      return verifier.finish();
    },
    remove: () => rmSync(data, { recursive: true, force: true }),
  };
}

/** Returns events, of this time in milliseconds since the epoch or of now. */
export const samples = (count: number, time?: number): AuditRecord[] =>
  Array.from({ length: count }, () => sampleAuditRecord(time === undefined ? {} : { time }));

export const idsOf = (records: readonly AuditRecord[]): string[] => records.map(({ id }) => id);

/** Subscribes a consumer that keeps what it gets. */
export function collect(log: AuditLog, name = 'store', store?: string) {
  const received: AuditRecord[] = [];
  const stop = log.subscribe(name, async (records) => void received.push(...records), store);
  return { received, stop };
}

/** Publishes an event, however long the machine takes, and returns it. */
export async function publishInTheEnd(log: AuditLog): Promise<AuditRecord> {
  const record = sampleAuditRecord();
  const publish = (): Promise<void> => log.publish(record).catch(publish);
  await publish();
  return record;
}
