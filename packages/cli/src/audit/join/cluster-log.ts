import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { reservedForMs, sourceOfEvent, type EventSource } from '@sallyport/audit-join';
import type { Environment } from '../../environment/environment.ts';
import { fieldOf, parseJson } from '../../input/untrusted.ts';
import { namedFileFault } from '../../files/read-file.ts';
import { readLines } from '../../files/read-lines.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { auditPages } from '../trail/read-pages.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../../gateway/open-gateway.ts';

/** Reads the audit IDs that the gateway reserved. A gateway before version 0.2.0 reserves none, and has no such events. */
async function readReservations(
  gateway: OpenGateway,
  query: URLSearchParams,
  take: (event: unknown) => void,
): Promise<void> {
  try {
    for await (const page of auditPages(gateway, query)) for (const { data } of page.events) take(data);
  } catch (error) {
    // A wrong query of ours is refused once more by the next one.
    if (!(error instanceof CliError && error.exit === 'usage')) throw error;
  }
}

/** Reads all events about requests to a cluster from the audit store through the gateway. Times are milliseconds. */
export async function readStoredEvents(
  environment: Environment,
  options: GatewayNames & { cluster: string; from: number; to: number },
  take: (event: unknown) => void,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  const query = (type: 'k8s.request' | 'audit.reservation', from: number) =>
    new URLSearchParams({
      type,
      cluster: options.cluster,
      order: 'oldest',
      limit: '1000',
      since: new Date(from).toISOString(),
      until: new Date(options.to).toISOString(),
    });
  await readReservations(gateway, query('audit.reservation', options.from - reservedForMs), take);
  for await (const page of auditPages(gateway, query('k8s.request', options.from))) {
    if (page.scope !== 'all' && page.view?.clusters.includes(options.cluster) !== true)
      throw new CliError(
        'refused',
        `you may not see everyone's events on ${options.cluster}, and the requests of others would seem to bypass the gateway`,
        "You must be listed in the gateway's api.policy.audit. Or give --events FILE.",
      );
    for (const { data } of page.events) take(data);
  }
}

const wrongFile: Record<EventSource, (file: string) => CliError> = {
  gateway: (file) =>
    usageError(
      `${file} is the gateway's own audit trail, and not the log of the cluster`,
      "Give --cluster-log a file of the API server's --audit-log-path. A file of the gateway's trail belongs to --events.",
    ),
  cluster: (file) =>
    usageError(
      `${file} is the log of a cluster, and not the gateway's audit trail`,
      'Give it as --cluster-log. Give --events a file of "sallyport audit export", or leave it out to read the audit store.',
    ),
};

/** The beginning of an export of the gateway as CSV. */
const csvBeginning = 'time,type,stage,auditID,';

/** Told of each event, of lines that are none, and of the bytes that were read. */
export type LogReader = { event(value: unknown): void; unreadable(): void; read(bytes: number): void };

const maxLineBytes = 16 * 1024 * 1024;

async function* counted(bytes: AsyncIterable<Uint8Array>, read: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    read(chunk.length);
    yield chunk;
  }
}

function open(environment: Environment, file: string): AsyncIterable<Uint8Array> {
  if (file === '-') return environment.stdin;
  const stream = createReadStream(path.resolve(environment.workingDirectory, file), { highWaterMark: 256 * 1024 });
  if (!file.endsWith('.gz')) return stream;
  const plain = createGunzip();
  stream.once('error', (error) => plain.destroy(error));
  return stream.pipe(plain);
}

/** Hands on what is in a line. Throws if it is from the other trail than the expected one. */
function takeLine(text: string, { file, expected }: { file: string; expected: EventSource }, reader: LogReader): void {
  const value = parseJson(text);
  const source = text.startsWith(csvBeginning) ? 'gateway' : sourceOfEvent(value);
  const named = file === '-' ? 'standard input' : file;
  if (source !== undefined && source !== expected) throw wrongFile[source](named);
  if (value === undefined) return reader.unreadable();
  const items = fieldOf(value, 'items');
  if (fieldOf(value, 'kind') === 'EventList' && Array.isArray(items)) for (const item of items) reader.event(item);
  else reader.event(value);
}

/**
 * Reads events from files, one event or one EventList per line. Files that end in `.gz` are decompressed. Throws if a file
 * is from the other trail than the expected one.
 */
export async function readEventFiles(
  environment: Environment,
  { files, expected }: { files: readonly string[]; expected: EventSource },
  reader: LogReader,
): Promise<void> {
  for (const file of files) {
    try {
      for await (const lines of readLines(counted(open(environment, file), reader.read), maxLineBytes))
        for (const line of lines) {
          if ('tooLong' in line) reader.unreadable();
          else takeLine(line.text, { file, expected }, reader);
        }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code?.startsWith('Z_') === true)
        throw new CliError('local-file', `${file} is not a gzip file, or ends early`, 'Check how it was copied.');
      throw code === undefined ? error : namedFileFault(file, error);
    }
  }
}
