import { randomUUID } from 'node:crypto';
import type { Admin, Batch, Consumer, KafkaMessage } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { createKafkaClient, type KafkaClientDeps } from '../kafka/kafka-client.ts';

export type ReadKafkaAuditDeps = Omit<KafkaClientDeps, 'logger'> & {
  logger?: Logger;
  /** Milliseconds since the epoch; events that Kafka took in before are not read. */
  since?: number;
  /** Default: a name of its own, which is deleted in the end. */
  groupId?: string;
  /**
   * Takes some events in the order of their partition, as `{type, data}`; `unreadable` counts messages that are no
   * events.
   */
  onEvents(events: readonly { type: string; data: unknown }[], unreadable: number): void | Promise<void>;
  /** Gives up when nothing came for so long, in milliseconds. Default 30 s. */
  patienceMs?: number;
};

/**
 * Whoever reads once has no loop around it that tries again: a broker that is busy, or makes up its mind about a group,
 * is given some seconds.
 */
const retry = { retries: 6, initialRetryTime: 200, maxRetryTime: 1500 };

/** What there is left to read, in offsets of one partition: from `next`, before `end`. */
type Range = { next: number; end: number };

const silent = {
  debug: () => undefined,
  trace: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
} as unknown as Logger;

async function findRanges(admin: Admin, topic: string, since: number | undefined): Promise<Map<number, Range>> {
  const ends = await admin.fetchTopicOffsets(topic);
  const starts =
    since === undefined
      ? undefined
      : new Map(
          (await admin.fetchTopicOffsetsByTimestamp(topic, since)).map(({ partition, offset }) => [
            partition,
            Number(offset),
          ]),
        );
  const ranges = new Map<number, Range>();
  for (const { partition, low, high } of ends) {
    const end = Number(high);
    // Kafka answers -1 where nothing is that young.
    const asked = starts?.get(partition) ?? Number(low);
    const next = Math.max(asked < 0 ? end : asked, Number(low));
    if (next < end) ranges.set(partition, { next, end });
  }
  return ranges;
}

function readMessage({ headers, value }: KafkaMessage): { type: string; data: unknown } | undefined {
  const type = headers?.ce_type;
  if (type === undefined || Array.isArray(type) || !value) return undefined;
  try {
    return { type: type.toString(), data: JSON.parse(value.toString('utf8')) as unknown };
  } catch {
    return undefined;
  }
}

/** Takes what is left to read out of a batch, which may hold what was read already, and notes how far it is now. */
function readBatch(batch: Batch, range: Range): { events: { type: string; data: unknown }[]; unreadable: number } {
  const events: { type: string; data: unknown }[] = [];
  let unreadable = 0;
  for (const message of batch.messages) {
    const offset = Number(message.offset);
    if (offset < range.next || offset >= range.end) continue;
    range.next = offset + 1;
    const event = readMessage(message);
    if (event) events.push(event);
    else unreadable += 1;
  }
  return { events, unreadable };
}

/** Rejects when nothing has happened for too long; Kafka's clients try on without end. */
function createPatience(ms: number): { touch(): void; ended: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let give: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    give = reject;
  });
  ended.catch(() => undefined);
  const touch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => give(new Error(`Kafka has not answered for ${ms / 1000} s`)), ms);
  };
  touch();
  return { touch, ended, stop: () => clearTimeout(timer) };
}

async function consume(consumer: Consumer, left: Map<number, Range>, deps: ReadKafkaAuditDeps): Promise<void> {
  const patience = createPatience(deps.patienceMs ?? 30_000);
  const { topic } = deps.kafka;
  try {
    await new Promise<void>((resolve, reject) => {
      patience.ended.catch(reject);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
          patience.touch();
          const range = left.get(batch.partition);
          if (range) {
            const { events, unreadable } = readBatch(batch, range);
            if (events.length > 0 || unreadable > 0) await deps.onEvents(events, unreadable);
            if (Number(batch.lastOffset()) >= range.end - 1) left.delete(batch.partition);
          }
          resolveOffset(batch.lastOffset());
          await heartbeat();
          if (left.size === 0) resolve();
        },
      });
      // Where to begin can be said only to a consumer that runs, and that may have fetched something by then.
      run
        .then(() => {
          for (const [partition, range] of left) consumer.seek({ topic, partition, offset: String(range.next) });
        })
        .catch(reject);
    });
  } finally {
    patience.stop();
  }
}

/**
 * Reads the audit topic once, from a moment (or its beginning) to where it ends now, without leaving a trace of having
 * read. Resolves with the number of messages in that range. Rejects if Kafka cannot be reached, or stays silent for too
 * long.
 */
export async function readKafkaAudit(deps: ReadKafkaAuditDeps): Promise<number> {
  const logger = deps.logger ?? silent;
  const { client } = await createKafkaClient({ ...deps, logger });
  const admin = client.admin({ retry });
  const groupId = deps.groupId ?? `sallyport-read-${randomUUID()}`;
  const consumer = client.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 250,
    maxBytesPerPartition: 4 * 1024 * 1024,
    sessionTimeout: 30_000,
    retry,
  });
  try {
    await admin.connect();
    const ranges = await findRanges(admin, deps.kafka.topic, deps.since);
    const messages = [...ranges.values()].reduce((sum, { next, end }) => sum + end - next, 0);
    if (messages > 0) {
      await consumer.connect();
      await consumer.subscribe({ topics: [deps.kafka.topic], fromBeginning: true });
      await consume(consumer, ranges, deps);
    }
    return messages;
  } finally {
    await consumer.disconnect().catch(() => undefined);
    if (deps.groupId === undefined) await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}
