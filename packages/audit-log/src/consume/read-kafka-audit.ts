import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, Batch, Consumer, KafkaMessage } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { createKafkaClient, type KafkaClientDeps } from '../kafka/kafka-client.ts';

/** A message of the topic as it was sent. Headers that it does not have are empty. */
export type AuditTopicMessage = {
  partition: number;
  offset: number;
  id: string;
  type: string;
  time: string;
  text: string;
};

export type ReadKafkaAuditDeps = Omit<KafkaClientDeps, 'logger'> & {
  logger?: Logger;
  /** Milliseconds since the epoch. Events that Kafka received earlier are not read. */
  since?: number;
  /** By default a new group, which is deleted at the end. */
  groupId?: string;
  /**
   * Receives events in the order of their partition, as `{type, data}`. `unreadable` counts messages that are not
   * events.
   */
  onEvents?(events: readonly { type: string; data: unknown }[], unreadable: number): void | Promise<void>;
  /** Receives every message of a partition in its order, as it was sent. */
  onMessages?(messages: readonly AuditTopicMessage[]): void | Promise<void>;
  /** Gives up after this many milliseconds without a message. The default is 30 s. */
  idleTimeoutMs?: number;
};

/**
 * A single read has no outer loop that retries, so a broker that is busy or still forming the group gets some seconds.
 */
const retry = { retries: 6, initialRetryTime: 200, maxRetryTime: 1500 };

/** How often a read is tried, and the pause after the first time. */
const [maxAttempts, firstPauseMs] = [5, 300];

/**
 * What a broker says that has just begun to coordinate groups, or to lead a partition. kafkajs gives up at once when it
 * hears that.
 */
const passingErrors = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_LEADER_FOR_PARTITION',
]);

/** A new or busy broker passes too: `KafkaJSGroupCoordinatorNotFound` says that no broker knew the group's coordinator. */
const isPassingError = (error: unknown) => {
  const { type = '', name } = error as { type?: string; name?: string };
  return passingErrors.has(type) || name === 'KafkaJSGroupCoordinatorNotFound';
};

async function tryAgain<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await read();
    } catch (error) {
      if (attempt === maxAttempts || !isPassingError(error)) throw error;
      await pause(attempt * firstPauseMs);
    }
}

/** The offsets of one partition that are still to be read, from `next` up to but excluding `end`. */
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
    // Kafka returns -1 if the partition has no message after that time.
    const wanted = starts?.get(partition) ?? Number(low);
    const next = Math.max(wanted < 0 ? end : wanted, Number(low));
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

function toMessage({ headers, value, offset }: KafkaMessage, partition: number): AuditTopicMessage {
  const [id, type, time] = ['ce_id', 'ce_type', 'ce_time'].map((name) => {
    const header = headers?.[name];
    return header === undefined || Array.isArray(header) ? '' : header.toString();
  }) as [string, string, string];
  return { partition, offset: Number(offset), id, type, time, text: value?.toString('utf8') ?? '' };
}

/** Returns the events of a batch that are still to be read, and advances the range. A batch may repeat earlier ones. */
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

/** Creates a timeout that `extend` restarts. Without it, a Kafka client would retry forever. */
function createIdleTimeout(ms: number): { extend(): void; ended: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  ended.catch(() => undefined);
  const extend = () => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(new Error(`Kafka has not answered for ${ms / 1000} s`)), ms);
  };
  extend();
  return { extend, ended, stop: () => clearTimeout(timer) };
}

async function consume(consumer: Consumer, left: Map<number, Range>, deps: ReadKafkaAuditDeps): Promise<void> {
  const idleTimeout = createIdleTimeout(deps.idleTimeoutMs ?? 30_000);
  const { topic } = deps.kafka;
  try {
    await new Promise<void>((resolve, reject) => {
      idleTimeout.ended.catch(reject);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
          idleTimeout.extend();
          const range = left.get(batch.partition);
          if (range) {
            const isWanted = ({ offset }: KafkaMessage) => Number(offset) >= range.next && Number(offset) < range.end;
            if (deps.onMessages)
              await deps.onMessages(
                batch.messages.filter(isWanted).map((message) => toMessage(message, batch.partition)),
              );
            const { events, unreadable } = readBatch(batch, range);
            if (events.length > 0 || unreadable > 0) await deps.onEvents?.(events, unreadable);
            if (Number(batch.lastOffset()) >= range.end - 1) left.delete(batch.partition);
          }
          resolveOffset(batch.lastOffset());
          await heartbeat();
          if (left.size === 0) resolve();
        },
      });
      // Only a running consumer can seek, and it may have fetched messages before it does.
      run
        .then(() => {
          for (const [partition, range] of left) consumer.seek({ topic, partition, offset: String(range.next) });
        })
        .catch(reject);
    });
  } finally {
    idleTimeout.stop();
  }
}

/**
 * Reads the audit topic once, from a point in time (or the beginning) to its current end, and leaves no trace in Kafka.
 * Resolves with the number of messages in that range. Rejects if Kafka cannot be reached or does not answer in time.
 */
export async function readKafkaAudit(deps: ReadKafkaAuditDeps): Promise<number> {
  const logger = deps.logger ?? silent;
  const { client } = await createKafkaClient({ ...deps, logger });
  const admin = client.admin({ retry });
  const groupId = deps.groupId ?? `sallyport-read-${randomUUID()}`;
  const readRanges = async (ranges: Map<number, Range>) => {
    const consumer = client.consumer({
      groupId,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 250,
      maxBytesPerPartition: 4 * 1024 * 1024,
      sessionTimeout: 30_000,
      retry: { ...retry, restartOnFailure: () => Promise.resolve(false) },
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [deps.kafka.topic], fromBeginning: true });
      await consume(consumer, ranges, deps);
    } finally {
      await consumer.disconnect().catch(() => undefined);
    }
  };
  try {
    await admin.connect();
    const ranges = await tryAgain(() => findRanges(admin, deps.kafka.topic, deps.since));
    const messages = [...ranges.values()].reduce((sum, { next, end }) => sum + end - next, 0);
    if (ranges.size > 0) await tryAgain(() => readRanges(ranges));
    return messages;
  } finally {
    if (deps.groupId === undefined) await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}
