import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel, type Batch, type Consumer, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import { eventually } from '@sallyport/kit/testing';

/** A message as it is on the topic, with its partition and offset. */
export type TopicMessage = {
  at: string;
  key: string;
  value: string;
  headers: Record<string, string>;
};

export type TopicReader = {
  /** Reads what is left, as long as Kafka can be reached, and stops. */
  close(): Promise<void>;
};

type Topic = Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> & { topic: string };

function readMessage(partition: number, { offset, key, value, headers }: KafkaMessage): TopicMessage {
  return {
    at: `${partition}/${offset}`,
    key: key?.toString() ?? '',
    value: value?.toString() ?? '',
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, one]) => [name, String(one)])),
  };
}

/** Waits until the positions have reached the ends that the topic has now. */
async function readToEnd(client: Kafka, topic: string, positions: ReadonlyMap<number, number>): Promise<void> {
  const admin = client.admin();
  let ends: { partition: number; high: string; low: string }[];
  try {
    await admin.connect();
    ends = await admin.fetchTopicOffsets(topic);
  } catch {
    // The test has stopped Kafka, or nothing was ever written.
    return;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
  const unread = () => ends.filter(({ partition, high, low }) => Number(high) > (positions.get(partition) ?? +low));
  await eventually(
    `the rest of ${topic}`,
    () => (unread().length === 0 ? true : undefined),
    20_000,
    () => JSON.stringify(unread()),
  );
}

/**
 * Reads a topic from its beginning, as a foreign program would: with kafkajs and nothing of ours. Kafka may be down for
 * a while, after which messages are read again.
 */
export function readTopic({ topic, ...config }: Topic, onMessages: (messages: TopicMessage[]) => void): TopicReader {
  const client = new Kafka({ ...config, logLevel: logLevel.NOTHING, connectionTimeout: 1000, retry: { retries: 2 } });
  const stop = new AbortController();
  const positions = new Map<number, number>();
  const eachBatch = async ({ batch }: { batch: Batch }) => {
    onMessages(batch.messages.map((message) => readMessage(batch.partition, message)));
    positions.set(batch.partition, Math.max(positions.get(batch.partition) ?? 0, Number(batch.lastOffset()) + 1));
  };

  const runOnce = async (): Promise<void> => {
    const consumer: Consumer = client.consumer({
      groupId: `e2e-${randomUUID()}`,
      allowAutoTopicCreation: false,
      // Tests usually wait for one event at a time.
      minBytes: 1,
      maxWaitTimeInMs: 250,
      retry: { retries: 1, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
    });
    try {
      const ended = new Promise<void>((resolve, reject) => {
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      });
      ended.catch(() => undefined);
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch });
      if (!stop.signal.aborted) await ended;
    } finally {
      await consumer.disconnect().catch(() => undefined);
    }
  };
  const running = (async () => {
    while (!stop.signal.aborted) {
      await runOnce().catch(() => undefined);
      await pause(100, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async close() {
      await readToEnd(client, topic, positions).finally(() => stop.abort());
      await running;
    },
  };
}
