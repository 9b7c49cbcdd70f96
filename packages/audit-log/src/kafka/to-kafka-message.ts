import type { AuditRecord } from '@sallyport/contracts';
import { readRecordTail, type AuditMessage } from './kafka-record-decoder.ts';
import { encodeHeaders, encodeRecordTail } from './kafka-record-encoder.ts';

/** An event without its data. */
type Envelope = Omit<AuditRecord, 'data'>;

/** CloudEvents 1.0 in binary mode: the value is the data alone, and the envelope is in the headers. */
function headersOf({
  id,
  type,
  source,
  time,
}: Pick<AuditRecord, 'id' | 'type' | 'source' | 'time'>): Record<string, string> {
  return {
    ce_id: id,
    ce_type: type,
    ce_source: source,
    ce_time: time,
    ce_specversion: '1.0',
    'content-type': 'application/json',
  };
}

/** The headers of one type and source, encoded once, with the offsets of the id and the time. */
type Template = { bytes: Buffer; idAt: number; timeAt: number };

const idLength = 36;
const timeLength = 27;
const templates = new Map<string, Template>();
const maxTemplates = 100;

function templateOf({ type, source }: Envelope): Template | undefined {
  const key = `${type} ${source}`;
  const known = templates.get(key);
  if (known || templates.size >= maxTemplates) return known;
  const [id, time] = ['\u0001'.repeat(idLength), '\u0002'.repeat(timeLength)];
  const bytes = encodeHeaders(headersOf({ id, type, source, time }));
  const made = { bytes, idAt: bytes.indexOf(id), timeAt: bytes.indexOf(time) };
  templates.set(key, made);
  return made;
}

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

function encodedHeaders(record: Envelope): Buffer | undefined {
  const { id, time } = record;
  if (id.length !== idLength || time.length !== timeLength || !isAscii(id) || !isAscii(time)) return undefined;
  const template = templateOf(record);
  if (!template) return undefined;
  // The bytes are reused for every event, because the caller copies them at once.
  template.bytes.write(id, template.idAt, 'latin1');
  template.bytes.write(time, template.timeAt, 'latin1');
  return template.bytes;
}

/**
 * Returns the bytes that go to Kafka for a sealed event. `value` is its data in canonical form, which is sent as it is.
 */
export function encodeEvent(record: Envelope, value: Buffer): Buffer {
  return encodeRecordTail({ key: record.key, value, headers: encodedHeaders(record) ?? headersOf(record) });
}

/** Returns a sealed event as a Kafka message. */
export function toKafkaMessage(record: Envelope, value: Buffer): AuditMessage {
  return readRecordTail(encodeEvent(record, value));
}
