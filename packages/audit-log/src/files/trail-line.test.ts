import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { toKafkaMessage } from '../kafka/to-kafka-message.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { readTrailLine, toLine, toTrailLine } from './trail-line.ts';

const lineOf = (record: AuditRecord) => toTrailLine(toKafkaMessage(record, Buffer.from(canonicalJson(record.data))));

describe('a line of the audit trail', () => {
  it('is the one that a reader of the event writes, whatever characters are in it', () => {
    const record = sampleAuditRecord({
      data: { requestURI: '/ü–\u0000"\\?a=b', userAgent: '\u202e kubectl \u2028 🚀 \u007f' },
    });
    const { bytes, day } = lineOf(record);
    const inOrder = JSON.parse(canonicalJson(record.data)) as AuditRecord['data'];
    expect(bytes.toString()).toBe(toLine({ ...record, data: inOrder }));
    expect(bytes.toString().split('\n')).toHaveLength(2);
    expect(day).toBe(record.time.slice(0, 10));
  });

  it('reads back as the event', () => {
    const record = sampleAuditRecord({ data: { userAgent: '\u202e"\\' } });
    expect(readTrailLine(lineOf(record).bytes.toString())).toEqual({ record });
  });

  it.each([
    ['text that is not JSON', '{"kind":', 'not JSON'],
    ['a value that is not an object', '7', 'not an object'],
    ['an event without its envelope', '{"auditID":"1"}', 'envelope'],
    [
      'an envelope without its event',
      '{"cloudEvent":{"id":"1","type":"t","source":"s","time":"2026-01-01T00:00:00Z"}}',
      'data',
    ],
  ])('is not an event with %s', (_what, line, fault) => {
    expect(readTrailLine(line)).toEqual({ fault: expect.stringContaining(fault) });
  });

  it('refuses an event whose time is not in UTC, because it has no day', () => {
    const message = toKafkaMessage({ ...sampleAuditRecord(), time: '2026-01-01T00:00:00+02:00' }, Buffer.from('{}'));
    expect(() => toTrailLine(message)).toThrow('no time in UTC');
  });
});
