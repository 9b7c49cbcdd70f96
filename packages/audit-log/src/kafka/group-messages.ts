import type { Message, PartitionMetadata } from 'kafkajs';

type Grouping = {
  topic: string;
  partitionMetadata: readonly PartitionMetadata[];
  messages: readonly Message[];
  partitioner(one: { topic: string; partitionMetadata: readonly PartitionMetadata[]; message: Message }): number;
};

/** The step in which kafkajs groups the messages of a batch by partition, in order, before it sends them. */
export type GroupMessages = (grouping: Grouping) => Record<number, Message[]>;

/**
 * Creates the grouping. The events of a session arrive together, so a batch has few keys, and each is hashed once per
 * batch. The partitioner is called for every message without a key or with a partition of its own.
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
