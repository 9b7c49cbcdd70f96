import type { Kafka } from 'kafkajs';
import type { Logger } from '@sallyport/kit';
import { kafkaRetry } from './kafka-client.ts';
import { isOutage } from './kafka-errors.ts';

/** Enough for a few audit replicas to share the work; who runs Kafka may make the topic beforehand as they like it. */
const numPartitions = 6;

/**
 * Makes the topic if it is missing and this client may. That it may not is no fault here, as sending or reading will
 * say what is wrong; rejects only when Kafka cannot be reached.
 */
export async function ensureTopic(client: Kafka, topic: string, logger: Logger): Promise<void> {
  const admin = client.admin({ retry: kafkaRetry });
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(topic)) return;
    // A replication factor of -1 takes the broker's own default.
    const made = await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: -1 }], timeout: 5000 });
    if (made) logger.info({ topic, partitions: numPartitions }, 'the audit topic was missing and has been made');
  } catch (error) {
    if (isOutage(error)) throw error;
    logger.warn({ topic, reason: (error as Error).message }, 'could not look for or make the audit topic');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
