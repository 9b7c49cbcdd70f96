import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeRecordTail } from './kafka-record-encoder.ts';
import { encodeEvent, readAuditMessage, toKafkaMessage } from './to-kafka-message.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });

describe('an encoded record', () => {
  it('is read back with what was encoded', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.dictionary(text, text, { maxKeys: 8, noNullPrototype: true }),
        (key, value, headers) => {
          const tail = encodeRecordTail({ key, value, headers });
          const read = readAuditMessage(tail);
          const utf8 = (one: string) => Buffer.from(one).toString();
          expect({ key: read.key, value: String(read.value) }).toEqual({ key: utf8(key), value: utf8(value) });
          expect(read.headers).toEqual(
            Object.fromEntries(Object.entries(headers).map(([name, one]) => [utf8(name), utf8(one)])),
          );
          expect(read.recordTail.equals(tail)).toBe(true);
        },
      ),
      { examples: [['key', 'value', Object.fromEntries([['__proto__', 'a header like any other']])]] },
    );
  });

  it('is the message that was made for the event', () => {
    const record = sampleAuditRecord();
    const { key, value, headers } = toKafkaMessage(record, Buffer.from('{"a":"ü"}'));
    expect({ key, value: String(value) }).toEqual({ key: record.key, value: '{"a":"ü"}' });
    expect(headers).toEqual({
      ce_id: record.id,
      ce_type: record.type,
      ce_source: record.source,
      ce_time: record.time,
      ce_specversion: '1.0',
      'content-type': 'application/json',
    });
  });

  it('can be a plain object, which keeps its headers when kafkajs copies it', () => {
    const message = toKafkaMessage(sampleAuditRecord(), Buffer.from('{}'));
    const { key, value, headers } = { ...message.toPlain() };
    expect({ key, value, headers }).toEqual({ key: message.key, value: message.value, headers: message.headers });
    expect(headers).toMatchObject({ ce_type: 'k8s.request' });
  });

  it('is the same however its envelope is encoded', () => {
    const short = fc.string({ unit: 'binary', maxLength: 40 });
    const base = sampleAuditRecord();
    fc.assert(
      fc.property(
        fc.record({
          id: fc.oneof(fc.constant(base.id), short, fc.string({ minLength: 36, maxLength: 36 })),
          time: fc.oneof(fc.constant(base.time), short, fc.string({ minLength: 27, maxLength: 27 })),
          key: fc.oneof(fc.constant(base.key), short),
          source: fc.oneof(fc.constant(base.source), short),
        }),
        text,
        ({ id, time, key, source }, value) => {
          const bytes = encodeEvent({ ...base, id, time, key, source }, Buffer.from(value));
          const headers = {
            ce_id: id,
            ce_type: base.type,
            ce_source: source,
            ce_time: time,
            ce_specversion: '1.0',
            'content-type': 'application/json',
          };
          expect(bytes.equals(encodeRecordTail({ key, value, headers }))).toBe(true);
        },
      ),
    );
  });

  it('is refused if it is cut or is something else', () => {
    const { recordTail } = toKafkaMessage(sampleAuditRecord(), Buffer.from('{}'));
    for (const length of [0, 1, 9]) expect(() => readAuditMessage(recordTail.subarray(0, length))).toThrow(RangeError);
    expect(() => readAuditMessage(recordTail.subarray(0, -1)).headers).toThrow(RangeError);
    expect(() => readAuditMessage(Buffer.from('{"id":"1"}\n{}'))).toThrow(RangeError);
    expect(() => readAuditMessage(Buffer.alloc(9, 0xff))).toThrow(RangeError);
  });
});
