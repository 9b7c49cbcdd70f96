import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeRecord, type RecordParts } from './kafka-record-encoder.ts';

const original = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (parts: RecordParts) => { buffer: Buffer };

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
