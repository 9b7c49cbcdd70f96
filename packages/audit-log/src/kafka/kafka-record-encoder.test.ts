import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { createGroupMessages, type GroupMessages } from './group-messages.ts';
import { isPlainProduce, ProducePayload, type ProduceParts } from './kafka-produce-encoder.ts';
import { encodeRecord, type RecordParts } from './kafka-record-encoder.ts';
import { replaceKafkajsModules, type CreateProduce, type CreateRequest } from './replace-kafkajs-modules.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { toKafkaMessage } from './to-kafka-message.ts';

/** Any character. The built-in arbitrary of fast-check first builds a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const load = createRequire(import.meta.url);
const original = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (parts: RecordParts) => {
  buffer: Buffer;
};
const originalChecksum = load('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

describe('the encoder of Kafka records', () => {
  const text = fc.oneof(
    fc.string({ unit: character, maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  const parts = fc.record({
    offsetDelta: fc.nat({ max: 2 ** 30 - 1 }),
    timestampDelta: fc.nat({ max: 2 ** 30 - 1 }),
    key: fc.option(text),
    value: fc.option(text),
    headers: fc.dictionary(
      fc.string({ unit: character, maxLength: 20 }),
      fc.oneof(text, fc.array(text, { maxLength: 3 })),
      { maxKeys: 8 },
    ),
  });

  it('writes the same bytes as kafkajs', () => {
    fc.assert(
      fc.property(parts, (one) => {
        expect(encodeRecord(one).buffer.toString('hex')).toBe(original(one).buffer.toString('hex'));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the encoder of produce requests', () => {
  const createProduce = load('kafkajs/src/protocol/requests/produce/v3/request.js') as CreateProduce;
  const createRequest = load('kafkajs/src/protocol/request.js') as CreateRequest;
  const Long = load('kafkajs/src/utils/long.js') as { fromValue(value: unknown): { toString(): string } };
  const text = fc.string({ unit: character, maxLength: 100 });
  const message = fc.record({
    key: fc.option(text),
    value: fc.option(text),
    headers: fc.dictionary(text, text, { maxKeys: 4 }),
  });
  const produce = fc.record({
    acks: fc.constantFrom(-1, 0, 1),
    timeout: fc.nat({ max: 100_000 }),
    producerId: fc.oneof(
      fc.nat().map(String),
      fc.bigInt({ min: -1n, max: 2n ** 62n }).map((id) => Long.fromValue(id.toString())),
    ),
    producerEpoch: fc.nat({ max: 30_000 }),
    topicData: fc.array(
      fc.record({
        topic: text,
        partitions: fc.array(
          fc.record({
            partition: fc.nat({ max: 1000 }),
            firstSequence: fc.nat(),
            messages: fc.array(message, { minLength: 1, maxLength: 70 }),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 2 },
    ),
  });
  const envelope = fc.record({ correlationId: fc.nat(), clientId: text });

  /** kafkajs reads the time of a batch from the clock, so the clock is set to the time that our encoder gets. */
  async function theirs(
    parts: ProduceParts,
    about: { correlationId: number; clientId: string },
    now: number,
  ): Promise<string> {
    const clock = Date.now;
    Date.now = () => now;
    try {
      return (await createRequest({ ...about, request: createProduce(parts) })).buffer.toString('hex');
    } finally {
      Date.now = clock;
    }
  }

  it('writes the same bytes as kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(produce, envelope, fc.nat({ max: 2 ** 41 }), async (parts, about, now) => {
        expect(isPlainProduce(parts)).toBe(true);
        const { apiKey, apiVersion } = createProduce(parts);
        expect(new ProducePayload(parts).encode({ apiKey, apiVersion, ...about }, now).toString('hex')).toBe(
          await theirs(parts, about, now),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('sends the same bytes whether or not key, value and headers were encoded before', () => {
    const base = sampleAuditRecord();
    for (const record of [
      base,
      { ...base, id: 'short' },
      { ...base, time: base.time.replace('Z', 'ä') },
      { ...base, source: 'sallyport/ü' },
      { ...base, type: 'policy.changed' as const },
      base,
    ]) {
      const { recordTail, key, value, headers } = toKafkaMessage(record, Buffer.from(JSON.stringify(record.data)));
      const plain = { key, value, headers };
      const about = { acks: -1, timeout: 1, producerId: '7', producerEpoch: 0 };
      const encode = (one: typeof plain) =>
        new ProducePayload({
          ...about,
          topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [one as never] }] }],
        }).encode({ apiKey: 0, apiVersion: 7, correlationId: 1, clientId: 'c' }, 5);
      expect(encode({ ...plain, recordTail } as never).toString('hex')).toBe(encode(plain).toString('hex'));
    }
  });

  it('leaves other requests to kafkajs', () => {
    const partitions = [{ partition: 0, messages: [{ key: 'a', value: 'b' }] }];
    const plain = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions }] };
    expect(isPlainProduce(plain)).toBe(true);
    expect(isPlainProduce({ ...plain, compression: 1 })).toBe(false);
    expect(isPlainProduce({ ...plain, transactionalId: 'x' })).toBe(false);
    expect(
      isPlainProduce({ ...plain, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [] }] }] }),
    ).toBe(false);
    expect(
      isPlainProduce({
        ...plain,
        topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: 'b', timestamp: '5' }] }] }],
      }),
    ).toBe(false);
  });
});

describe('the checksum of Kafka batches', () => {
  it('is CRC-32C', () => {
    // RFC 3720 B.4: 32 bytes of zeroes, and 32 rising bytes.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_none, index) => index))).toBe(0x46dd794e);
  });

  it('equals the checksum of kafkajs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32c(bytes)).toBe(originalChecksum(Buffer.from(bytes)));
      }),
    );
  });
});

describe('the grouping of a batch by partition', () => {
  type Given = Parameters<GroupMessages>[0];
  const group = load('kafkajs/src/producer/groupMessagesPerPartition.js') as GroupMessages;
  const createPartitioner = load('kafkajs/src/producer/partitioners/default/index.js') as () => Given['partitioner'];
  const partitionMetadata = Array.from({ length: 6 }, (_none, partitionId) => ({
    partitionId,
    leader: 1,
    partitionErrorCode: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
  }));
  const message = fc.record({
    key: fc.oneof(
      fc.constantFrom('dev/a', 'dev/b', 'prod/ä'),
      fc.string(),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    ),
    value: fc.string(),
    partition: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 5 }),
  });

  it('equals the grouping of kafkajs', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
        const given = { topic: 't', partitionMetadata, messages, partitioner: createPartitioner() };
        expect(createGroupMessages()(given)).toEqual(group(given));
      }),
    );
  });

  it('is empty while the topic has no partitions', () => {
    expect(
      createGroupMessages()({
        topic: 't',
        partitionMetadata: [],
        messages: [{ key: 'a', value: 'b' }],
        partitioner: createPartitioner(),
      }),
    ).toEqual({});
  });
});

describe('kafkajs', () => {
  it('is the version whose modules can be replaced, and then uses our encoder', () => {
    expect(replaceKafkajsModules()).toBe(true);
    expect(replaceKafkajsModules()).toBe(true);
    const replaced = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as typeof original;
    expect(replaced).not.toBe(original);
    const parts = { key: 'k', value: 'v', headers: { a: 'b' } };
    expect(replaced(parts).buffer).toEqual(original(parts).buffer);
    // Beyond 31 bits the original is used.
    const late = { ...parts, timestampDelta: 2 ** 40 };
    expect(replaced(late).buffer).toEqual(original(late).buffer);
  });
});
