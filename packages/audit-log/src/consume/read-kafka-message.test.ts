import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toKafkaMessage } from '../kafka/to-kafka-message.ts';
import { readKafkaMessage } from './read-kafka-message.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

function asRead(record = sampleAuditRecord()) {
  const { key, value, headers } = toKafkaMessage(record, Buffer.from(JSON.stringify(record.data)));
  return { key: Buffer.from(String(key)), value: Buffer.from(String(value)), headers: { ...headers } };
}

describe('a message of the audit topic', () => {
  it('reads back as the event that was sent', () => {
    const record = sampleAuditRecord();
    expect(readKafkaMessage(asRead(record))).toEqual({ record });
  });

  it('keeps members and types that a newer producer added', () => {
    const message = asRead();
    const data = { ...(JSON.parse(message.value.toString()) as object), added: { a: 1 } };
    const read = readKafkaMessage({
      ...message,
      value: Buffer.from(JSON.stringify(data)),
      headers: { ...message.headers, ce_type: 'stream.cut' },
    });
    expect(read).toMatchObject({ record: { type: 'stream.cut', data: { added: { a: 1 } } } });
  });

  it.each([
    ['no value', { value: null }, 'it has no value'],
    ['text that is not JSON', { value: Buffer.from('{"kind":') }, 'its value is not JSON'],
    ['JSON of another shape', { value: Buffer.from('{"kind":"Pod"}') }, 'its data is not an audit event'],
    ['no headers', { headers: undefined }, 'a member of its envelope (CloudEvents) is missing'],
  ])('is not an event with %s', (_name, change, fault) => {
    expect(readKafkaMessage({ ...asRead(), ...change })).toEqual({ fault: expect.stringContaining(fault) });
  });

  it.each([
    ['lists', 6000, '[', ']'],
    ['objects', 6000, '{"a":', '}'],
    ['lists by one too many', 64, '[', ']'],
  ])('is not an event with deeply nested %s, which no reader has to take', (_what, depth, begin, end) => {
    const message = asRead();
    const value = (levels: number) => {
      const nested = `${begin.repeat(levels)}${begin === '[' ? '' : '1'}${end.repeat(levels)}`;
      return Buffer.from(`${message.value.toString().slice(0, -1)},"x":${nested}}`);
    };
    const read = (levels: number) => readKafkaMessage({ ...message, value: value(levels) });
    const [deep, shallow] = [read(depth), read(63)];
    expect('fault' in deep ? deep.fault : 'none').toBe('its data is nested more than 64 levels deep');
    expect('record' in shallow && Object.keys(shallow.record.data)).toContain('x');
  });

  it('never throws, whatever the bytes', () => {
    const bytes = fc.option(
      fc.oneof(
        fc.uint8Array().map((one) => Buffer.from(one)),
        fc.json().map((one) => Buffer.from(one)),
      ),
    );
    fc.assert(
      fc.property(bytes, bytes, bytes, (key, value, id) => {
        const read = readKafkaMessage({
          key,
          value,
          headers: { ce_id: id ?? undefined, ce_type: 'k8s.request', ce_source: 's', ce_time: '2026-01-01T00:00:00Z' },
        });
        expect('fault' in read).toBe(true);
      }),
    );
  });
});
