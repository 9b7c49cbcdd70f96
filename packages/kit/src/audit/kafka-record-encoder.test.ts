import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { createGroupMessages, type GroupMessages } from './group-messages.ts';
import { encodeRecord, type RecordParts } from './kafka-record-encoder.ts';
import { quickenKafkajs } from './quicken-kafkajs.ts';

const load = createRequire(import.meta.url);
const original = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (parts: RecordParts) => { buffer: Buffer };
const originalChecksum = load('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

describe('the encoder of Kafka records', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
  const parts = fc.record({
    offsetDelta: fc.nat({ max: 2 ** 30 - 1 }), timestampDelta: fc.nat({ max: 2 ** 30 - 1 }),
    key: fc.option(text), value: fc.option(text),
    headers: fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), fc.oneof(text, fc.array(text, { maxLength: 3 })), { maxKeys: 8 }),
  });

  it('writes byte for byte what kafkajs writes', () => {
    fc.assert(fc.property(parts, (one) => {
      expect(encodeRecord(one).buffer.toString('hex')).toBe(original(one).buffer.toString('hex'));
    }), { numRuns: 500 });
  });
});

describe('the checksum of Kafka batches', () => {
  it('is CRC-32C', () => {
    // RFC 3720 B.4: 32 bytes of zeroes, and 32 rising bytes.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_none, index) => index))).toBe(0x46dd794e);
  });

  it('is the one that kafkajs computes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32c(bytes)).toBe(originalChecksum(Buffer.from(bytes)));
    }));
  });
});

describe('the grouping of a batch by partition', () => {
  type Given = Parameters<GroupMessages>[0];
  const group = load('kafkajs/src/producer/groupMessagesPerPartition.js') as GroupMessages;
  const createPartitioner = load('kafkajs/src/producer/partitioners/default/index.js') as () => Given['partitioner'];
  const partitionMetadata = Array.from({ length: 6 }, (_none, partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1], offlineReplicas: [] }));
  const message = fc.record({
    key: fc.oneof(fc.constantFrom('dev/a', 'dev/b', 'prod/ä'), fc.string(), fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes))), value: fc.string(), partition: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 5 }),
  });

  it('is the one that kafkajs makes', () => {
    fc.assert(fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const given = { topic: 't', partitionMetadata, messages, partitioner: createPartitioner() };
      expect(createGroupMessages()(given)).toEqual(group(given));
    }));
  });

  it('is empty while the topic has no partitions', () => {
    expect(createGroupMessages()({ topic: 't', partitionMetadata: [], messages: [{ key: 'a', value: 'b' }], partitioner: createPartitioner() })).toEqual({});
  });
});

describe('kafkajs', () => {
  it('is the version whose encoder can be replaced, and then encodes with ours', () => {
    expect(quickenKafkajs()).toBe(true);
    expect(quickenKafkajs()).toBe(true);
    const replaced = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as typeof original;
    expect(replaced).not.toBe(original);
    const parts = { key: 'k', value: 'v', headers: { a: 'b' } };
    expect(replaced(parts).buffer).toEqual(original(parts).buffer);
    // Beyond 31 bits the original goes on.
    const late = { ...parts, timestampDelta: 2 ** 40 };
    expect(replaced(late).buffer).toEqual(original(late).buffer);
  });
});
