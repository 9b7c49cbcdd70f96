import type { Message, PartitionMetadata } from 'kafkajs';

type Grouping = {
  topic: string;
  partitionMetadata: readonly PartitionMetadata[];
  messages: readonly Message[];
  partitioner(one: { topic: string; partitionMetadata: readonly PartitionMetadata[]; message: Message }): number;
};

/** What kafkajs does with the messages of a batch before it sends them: by partition, in order. */
export type GroupMessages = (grouping: Grouping) => Record<number, Message[]>;

/**
 * As events of one session come together, a batch has few keys: each is hashed once per batch. What has no key, or
 * names its partition, is asked about one by one.
 */
export function createGroupMessages(): GroupMessages {
  return ({ topic, partitionMetadata, messages, partitioner }) => {
    const groups: Record<number, Message[]> = {};
    if (partitionMetadata.length === 0) return groups;
    const partitions = new Map<string, number>();
    for (const message of messages) {
      const key = typeof message.key === 'string' && message.partition == null ? message.key : undefined;
      let partition = key === undefined ? undefined : partitions.get(key);
      if (partition === undefined) {
        partition = partitioner({ topic, partitionMetadata, message });
        if (key !== undefined) partitions.set(key, partition);
      }
      (groups[partition] ??= []).push(message);
    }
    return groups;
  };
}
