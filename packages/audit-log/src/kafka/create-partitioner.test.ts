import { describe, expect, it } from '@jest/globals';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { createPartitioner } from './create-partitioner.ts';

const partitions = (count: number): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));

describe('createPartitioner', () => {
  it('sends each key to the partition that the default partitioner of kafkajs chooses', () => {
    const [own, original] = [createPartitioner(), Partitioners.DefaultPartitioner()];
    const keys = ['', 'a', 'ab', 'abc', 'alice@example.com', 'zoë', '日本語', '👩‍🚀', 'x'.repeat(1000)];
    for (let index = 0; index < 500; index += 1) keys.push(`session-${index.toString(36)}`);
    const used = new Set<number>();
    for (const count of [1, 3, 12, 100])
      for (const key of keys) {
        const args = { topic: 'audit', partitionMetadata: partitions(count), message: { key, value: null } };
        expect([key, count, own(args)]).toEqual([key, count, original(args)]);
        used.add(own(args));
      }
    expect(used.size).toBe(100);
  });
});
