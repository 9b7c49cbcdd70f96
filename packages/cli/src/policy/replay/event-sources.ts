import { splitNames } from '../../input/names.ts';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { namedFileFault } from '../../files/read-file.ts';
import { readLines } from '../../files/read-lines.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { auditPages } from '../../audit/trail/read-pages.ts';
import { scopeNote } from '../../audit/trail/search-trail.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { requireCredential, openGateway } from '../../gateway/open-gateway.ts';

/** A source of recorded events. Calls `take` with each batch and the number of events in it that cannot be read. */
export type EventSource = (take: (events: readonly unknown[], unreadable: number) => void) => Promise<void>;

const maxLineBytes = 4 * 1024 * 1024;
const chunkBytes = 256 * 1024;

async function takeLines(bytes: AsyncIterable<Uint8Array>, take: Parameters<EventSource>[0]): Promise<void> {
  for await (const lines of readLines(bytes, maxLineBytes)) {
    const events: unknown[] = [];
    let unreadable = 0;
    for (const line of lines) {
      try {
        if ('tooLong' in line) unreadable += 1;
        else events.push(JSON.parse(line.text));
      } catch {
        unreadable += 1;
      }
    }
    take(events, unreadable);
  }
}

/** Reads events from files, one per line. `-` is standard input. */
export function fileSource(environment: Environment, names: readonly string[]): EventSource {
  return async (take) => {
    for (const name of names) {
      if (name === '-') {
        await takeLines(environment.stdin, take);
        continue;
      }
      const file = path.resolve(environment.workingDirectory, name);
      try {
        await takeLines(createReadStream(file, { highWaterMark: chunkBytes }), take);
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === undefined ? error : namedFileFault(file, error);
      }
    }
  };
}

type KafkaConfig = Parameters<PolicyTools['readKafkaAudit']>[0]['kafka'];

/** Reads events from the audit topic, up to its current end. `since` is in milliseconds since the epoch. */
export function kafkaSource(
  kafka: KafkaConfig,
  options: { since: number | undefined; resolvePath?: (file: string) => string },
  { readKafkaAudit }: Pick<PolicyTools, 'readKafkaAudit'>,
): EventSource {
  return async (take) => {
    try {
      await readKafkaAudit({
        kafka,
        ...(options.since === undefined ? {} : { since: options.since }),
        ...(options.resolvePath === undefined ? {} : { resolvePath: options.resolvePath }),
        onEvents: take,
      });
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(
        'unreachable',
        `the audit topic ${kafka.topic} cannot be read from ${kafka.brokers.join(', ')}: ${(error as Error).message}`,
        'Check the brokers, the topic (--topic), and that you may read it. For TLS and SASL, use --kafka without brokers: it reads audit.kafka of the configuration.',
        { cause: error },
      );
    }
  };
}

/** Reads brokers, separated by commas. Throws a CliError. */
export function readBrokers(text: string): string[] {
  const brokers = splitNames(text);
  const wrong = brokers.find((one) => !/^[^\s/]+:\d{1,5}$/.test(one));
  if (brokers.length === 0 || wrong !== undefined)
    throw usageError(`"${wrong ?? text}" is not a broker`, 'Write --kafka kafka-1:9092,kafka-2:9092.');
  return brokers;
}

/**
 * Reads events from the audit store through the gateway, as the user who is logged in: the last event of every request
 * on a cluster, page by page. Times are RFC 3339.
 */
export function storeSource(
  environment: Environment,
  options: GatewayNames & { since: string | undefined; until: string },
): EventSource {
  return async (take) => {
    const gateway = await openGateway(environment, options);
    // Without an end, requests that arrive during the replay would be read too.
    const query = new URLSearchParams({
      type: 'k8s.request',
      stage: 'ResponseComplete',
      order: 'oldest',
      limit: '1000',
      until: options.until,
    });
    if (options.since !== undefined) query.set('since', options.since);
    let noted = false;
    for await (const page of auditPages(gateway, query)) {
      if (!noted && page.scope === 'own')
        environment.stderr.write(scopeNote(page, requireCredential(gateway).user, undefined) ?? '');
      noted = true;
      take(page.events, 0);
    }
  };
}
