import { setTimeout as pause } from 'node:timers/promises';
import type { StoredPositions } from '../sink/topic-place.ts';
import { createKafkaClient, kafkaRetry, type KafkaClientDeps } from '../kafka/kafka-client.ts';

const everyMs = 500;

/**
 * Creates the function that resolves when a consumer group has stored everything that was on the topic when it was first
 * called since it last resolved: by the positions of the store, or by the offsets of the group for partitions without one. Needs the rights of a consumer. Rejects if Kafka does not answer, or if the signal is aborted. It can then be
 * called again.
 */
export function createGroupWait(
  deps: KafkaClientDeps & { groupId: string; positions: StoredPositions },
): (signal: AbortSignal) => Promise<void> {
  const { topic } = deps.kafka;
  let ends: { partition: number; low: number; high: number }[] | undefined;
  return async (signal) => {
    const { client } = await createKafkaClient(deps);
    const admin = client.admin({ retry: kafkaRetry });
    try {
      await admin.connect();
      ends ??= (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
        partition,
        low: Number(low),
        high: Number(high),
      }));
      for (;;) {
        const [stored] = await admin.fetchOffsets({ groupId: deps.groupId, topics: [topic] });
        const next = new Map(stored?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        for (const [partition, position] of await deps.positions(topic)) next.set(partition, position);
        // An empty partition has nothing to store, and no offset of the group. Kafka returns -1 for it.
        if (ends.every(({ partition, low, high }) => low === high || (next.get(partition) ?? -1) >= high)) {
          ends = undefined;
          return;
        }
        await pause(everyMs, undefined, { signal });
      }
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  };
}
