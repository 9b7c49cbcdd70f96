import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { AuditRecord } from '@sallyport/contracts';
import type { TrailFileName } from '@sallyport/audit-log/trail-files';
import type { Environment } from '../../environment/environment.ts';
import { readLines } from '../../files/read-lines.ts';
import { CliError } from '../../terminal/cli-error.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { maxLineBytes } from '../verify/file-trail.ts';
import type { KnownEvents } from './known-events.ts';

/** Where the events of a trail are sent. */
export type ImportTarget = {
  /** Resolves when Kafka has all of them. */
  send(records: readonly AuditRecord[]): Promise<void>;
};

/** How many events were sent, and how many were there already. `skipped` counts lines that are not events. */
export type Sent = { sent: number; known: number; skipped: number };

const batchEvents = 500;
const batchBytes = 512 * 1024;
const attempts = 8;
const pauseMs = 1000;

type SendDeps = {
  environment: Environment;
  tools: Pick<PolicyTools, 'readTrailLine' | 'UndeliverableError'>;
  known: KnownEvents;
  target: ImportTarget;
  /** Called with the number of events of each batch. */
  onRead(count: number): void;
};

/** Sends a batch, and tries again while Kafka is away. What was sent twice has the same place in its chain. */
async function sendBatch(records: readonly AuditRecord[], { environment, target, tools }: SendDeps): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await target.send(records);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof tools.UndeliverableError)
        throw new CliError(
          'failed',
          `the topic does not take the events: ${message}`,
          'Compare max.message.bytes of the topic with the longest event, and run the command again.',
          { cause: error },
        );
      if (attempt === attempts)
        throw new CliError(
          'unreachable',
          `the events cannot be sent: ${message}`,
          'Run the command again. It goes on where it was.',
          { cause: error },
        );
    }
    await environment.sleep(pauseMs);
  }
}

/** Sends the events of the files of a trail in their order, unchanged, without those that are known. */
export async function sendTrail(directory: string, files: readonly TrailFileName[], deps: SendDeps): Promise<Sent> {
  const sum: Sent = { sent: 0, known: 0, skipped: 0 };
  let [batch, bytes]: [AuditRecord[], number] = [[], 0];
  const flush = async () => {
    if (batch.length > 0) await sendBatch(batch, deps);
    sum.sent += batch.length;
    deps.onRead(batch.length);
    [batch, bytes] = [[], 0];
  };
  for (const { name } of files)
    for await (const lines of readLines(createReadStream(path.join(directory, name)), maxLineBytes))
      for (const line of lines) {
        const read = 'text' in line ? deps.tools.readTrailLine(line.text) : { fault: 'too long' };
        if ('fault' in read) {
          sum.skipped += 1;
          continue;
        }
        const { id, data } = read.record;
        if (deps.known.has(id, data)) {
          sum.known += 1;
          continue;
        }
        const length = 'text' in line ? line.text.length : 0;
        if (batch.length === batchEvents || (batch.length > 0 && bytes + length > batchBytes)) await flush();
        batch.push(read.record);
        bytes += length;
        // The file may have it twice.
        deps.known.add(id, data);
      }
  await flush();
  return sum;
}
