import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { kafkaRetry } from './kafka-client.ts';
import { isNotReadyYet, isOutage } from './kafka-errors.ts';

/** Enough for a few audit replicas to share the work. Operators who want another number create the topic beforehand. */
const numPartitions = 6;

const leaderMs = 20_000;

/**
 * Creates a topic and waits until its partitions have leaders. Returns false if it exists already. Does what
 * `waitForLeaders` of kafkajs promises, which rejects if the broker that it asks has not heard of the topic yet.
 */
export async function createTopic(admin: Admin, topic: ITopicConfig): Promise<boolean> {
  const made = await admin.createTopics({ topics: [topic], timeout: 5000, waitForLeaders: false });
  for (const until = performance.now() + leaderMs; ; await pause(100)) {
    try {
      await admin.fetchTopicMetadata({ topics: [topic.topic] });
      return made;
    } catch (error) {
      if (!isNotReadyYet(error) || performance.now() > until) throw error;
    }
  }
}

/**
 * Creates the topic if it is missing and this client has the permission. A missing permission is not an error here,
 * because sending or reading reports it. Rejects only when Kafka cannot be reached.
 */
export async function ensureTopic(client: Kafka, topic: string, logger: Logger): Promise<void> {
  const admin = client.admin({ retry: kafkaRetry });
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(topic)) return;
    // A replication factor of -1 takes the broker's own default.
    const made = await createTopic(admin, { topic, numPartitions, replicationFactor: -1 });
    if (made) logger.info({ topic, partitions: numPartitions }, 'created the missing audit topic');
  } catch (error) {
    if (isOutage(error)) throw error;
    logger.warn({ topic, reason: (error as Error).message }, 'cannot list or create the audit topic');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
