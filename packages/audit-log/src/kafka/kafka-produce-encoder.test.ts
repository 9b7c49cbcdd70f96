import { createRequire } from 'node:module';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { encodeProduce, isPlainProduce, type ProduceParts } from './kafka-produce-encoder.ts';
import { patchedModules, patchKafkajs, type KafkaRequest, type ProduceModule } from './patch-kafkajs.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { toKafkaMessage } from './to-kafka-message.ts';

/** Any character. The built-in arbitrary of fast-check first builds a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const load = createRequire(import.meta.url);
const originalChecksum = load('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

describe('the encoder of produce requests', () => {
  const createProduce = load('kafkajs/src/protocol/requests/produce/v3/request.js') as (
    parts: ProduceParts,
  ) => KafkaRequest;
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

  /** kafkajs reads the time of a batch from the clock, so the clock is set to the time that our encoder gets. */
  async function theirs(parts: ProduceParts, now: number): Promise<string> {
    const clock = Date.now;
    Date.now = () => now;
    try {
      return (await createProduce(parts).encode()).buffer.toString('hex');
    } finally {
      Date.now = clock;
    }
  }

  it('writes the same bytes as kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(produce, fc.nat({ max: 2 ** 41 }), async (parts, now) => {
        expect(isPlainProduce(parts)).toBe(true);
        expect(encodeProduce(parts, now).toString('hex')).toBe(await theirs(parts, now));
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
        encodeProduce(
          {
            ...about,
            topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [one as never] }] }],
          },
          5,
        );
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

describe('kafkajs', () => {
  const produce = load(patchedModules.produce) as ProduceModule;
  const originalProtocol = produce.protocol;
  afterAll(() => void (produce.protocol = originalProtocol));
  const about = { acks: -1, timeout: 1, producerId: '7', producerEpoch: 0 };
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages: [{ key: 'k', value: 'v' }] }] }];
  const encode = async (protocol: ProduceModule['protocol'], version: number, parts: ProduceParts) =>
    (await protocol({ version })(parts).request.encode()).buffer.toString('hex');

  it('is the version that can be patched, and then sends what our encoder writes', async () => {
    expect(patchKafkajs()(load('kafkajs') as { Kafka: unknown })).toBe(true);
    const { protocol } = produce;
    expect(protocol).not.toBe(originalProtocol);
    expect(patchKafkajs()(load('kafkajs') as { Kafka: unknown })).toBe(true);
    expect(produce.protocol).toBe(protocol);
    // A bundle has a copy of its own, which would send our messages as empty ones.
    expect(patchKafkajs()({ Kafka: class Kafka {} })).toBe(false);
    const prepared = { ...topicData[0]!.partitions[0]!.messages[0]!, recordTail: Buffer.from('as it was encoded') };
    const parts = { ...about, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [prepared] }] }] };
    for (const version of [3, 4, 5, 6, 7]) {
      expect(await encode(protocol, version, parts)).toContain(prepared.recordTail.toString('hex'));
      expect(protocol({ version })(parts).request).toMatchObject({ apiVersion: version, apiName: 'Produce' });
    }
  });

  it('encodes other requests itself', async () => {
    const clock = Date.now;
    Date.now = () => 5;
    try {
      for (const [version, parts] of [
        [2, { ...about, topicData }],
        [7, { ...about, topicData, transactionalId: 'x' }],
      ] as const)
        expect(await encode(produce.protocol, version, parts)).toBe(await encode(originalProtocol, version, parts));
    } finally {
      Date.now = clock;
    }
  });
});
