import { exportNoteSchema, type ExportNote } from '@sallyport/contracts/answers';
import { StringDecoder } from 'node:string_decoder';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway, requireCredential, streamAsUser } from '../../gateway/open-gateway.ts';
import { openNewFile } from '../../files/write-file.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { createProgress } from '../../terminal/progress.ts';
import type { Environment } from '../../environment/environment.ts';
import { auditQuery, type AuditFilters } from './trail-filters.ts';
import { scopeNote } from './search-trail.ts';

/** The gateway reads pages from the store, which may have much to do. */
const silenceMs = 120_000;
/** The lines about the export itself are not longer than this, unless the user sees thousands of clusters. */
const maxNoteLength = 1024 * 1024;

export type ExportOptions = GatewayNames & AuditFilters & { output: 'ndjson' | 'csv'; out?: string; file?: string };
type Sink = { write(chunk: Buffer): Promise<void> | void; commit(): Promise<void>; abandon(): void };

function readNote(line: string): ExportNote | undefined {
  if (!line.startsWith('{"export":')) return undefined;
  try {
    return exportNoteSchema.safeParse(JSON.parse(line)).data?.export;
  } catch {
    return undefined;
  }
}

/** Reads the last row of a CSV, which has no time, and says that the export is complete. */
function readLastRow(line: string): ExportNote | undefined {
  const [, filtered, events] = /^,export,+(?:complete|"complete(, filtered)"),+(\d+),+$/.exec(line) ?? [];
  if (events === undefined) return undefined;
  return { complete: true, events: Number(events), ...(filtered === undefined ? {} : { filtered: true }) };
}

/** Keeps the first and the last line of what passes. */
function createLines(csv: boolean) {
  const decoder = new StringDecoder('utf8');
  let first: string | undefined;
  let last = '';
  let open = '';
  return {
    take(chunk: Buffer): void {
      const lines = `${open}${decoder.write(chunk)}`.split('\n');
      open = lines.pop()!.slice(0, maxNoteLength);
      if (lines.length === 0) return;
      first ??= lines[0]!;
      last = lines.at(-1)!;
    },
    notes: () => ({
      first: csv ? undefined : readNote(first ?? ''),
      last: open !== '' ? undefined : csv ? readLastRow(last) : readNote(last),
    }),
  };
}

/** Standard output. A terminal gets no control characters. */
function toOutput({ stdout }: Environment): Sink {
  const decoder = new StringDecoder('utf8');
  const escaped = (text: string) => text.split('\n').map(forTerminal).join('\n');
  return {
    write: (chunk) => {
      const text = decoder.write(chunk);
      stdout.write(stdout.isTTY ? escaped(text) : text);
    },
    commit: () => Promise.resolve(),
    abandon: () => {},
  };
}

const size = (bytes: number) => (bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Tells the user what the export lacks, and whether it can be verified. */
function tellLimits(environment: Environment, csv: boolean, { filtered, aggregated }: ExportNote): void {
  if (csv) environment.stderr.write('Note: a CSV cannot be verified. For an export that can, use -o ndjson.\n');
  else if ((aggregated ?? 0) > 0)
    environment.stderr.write(
      'Note: the store keeps one event for several of an anonymous caller, so this export cannot be verified.\n',
    );
  else if (filtered === true) environment.stderr.write('Note: this export lacks events, so it cannot be verified.\n');
}

/** Passes the export on, and returns its notes and its size. Throws if it is not complete. */
async function pass(environment: Environment, chunks: AsyncIterable<Buffer>, sink: Sink, csv: boolean) {
  const progress = createProgress(environment);
  const lines = createLines(csv);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      lines.take(chunk);
      await sink.write(chunk);
      if (!environment.stdout.isTTY) progress.tell(() => `Exporting: ${size(bytes)}`);
    }
  } finally {
    progress.end();
  }
  const { first, last } = lines.notes();
  if (last?.complete !== true)
    throw new CliError(
      'unreachable',
      'the gateway ended the export early',
      'Run it again. What was written is not complete.',
    );
  return { first: first ?? {}, last: last ?? {}, bytes };
}

/** `sallyport audit export`: writes the events that are stored now. A file is written as a whole or not at all. */
export async function auditExport(environment: Environment, options: ExportOptions): Promise<void> {
  const { output, out: file = options.file } = options;
  const csv = output === 'csv';
  const gateway = await openGateway(environment, options);
  const { user } = requireCredential(gateway);
  const query = auditQuery(options, environment);
  query.set('format', output);
  const path = `/.sallyport/api/v1/audit/export?${query.toString()}`;
  const accept = csv ? 'text/csv' : 'application/x-ndjson';
  const chunks = await streamAsUser(gateway, { method: 'GET', path, accept }, silenceMs);
  const sink: Sink = file === undefined ? toOutput(environment) : await openNewFile(file);
  const stop = environment.onInterrupt(() => sink.abandon());
  try {
    const { first, last, bytes } = await pass(environment, chunks, sink, csv);
    await sink.commit();
    const note = first.scope === undefined ? undefined : scopeNote({ ...first, events: [] }, user, options.user);
    if (note !== undefined) environment.stderr.write(note);
    tellLimits(environment, csv, last);
    if (file === undefined) return;
    const what = last.events === undefined ? size(bytes) : `${last.events} events (${size(bytes)})`;
    environment.stderr.write(`Exported ${what} to ${forTerminal(file)}.\n`);
  } catch (error) {
    sink.abandon();
    throw error;
  } finally {
    stop();
  }
}
