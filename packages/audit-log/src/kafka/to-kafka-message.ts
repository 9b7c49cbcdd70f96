import type { AuditRecord } from '@sallyport/contracts';
import type { Message } from 'kafkajs';
import { encodeHeaders, encodeRecordTail } from './kafka-record-encoder.ts';

/** A message together with its encoded form, which is what is sent when `replaceKafkajsModules` is in effect. */
export type AuditMessage = Message & { recordTail: Buffer };

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

function templateOf({ type, source }: AuditRecord): Template | undefined {
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

function encodedHeaders(record: AuditRecord): Buffer | undefined {
  const { id, time } = record;
  if (id.length !== idLength || time.length !== timeLength || !isAscii(id) || !isAscii(time)) return undefined;
  const template = templateOf(record);
  if (!template) return undefined;
  // The bytes are reused for every event, because the caller copies them at once.
  template.bytes.write(id, template.idAt, 'latin1');
  template.bytes.write(time, template.timeAt, 'latin1');
  return template.bytes;
}

/** Returns an event as a Kafka message. */
export function toKafkaMessage(record: AuditRecord): AuditMessage {
  const { key } = record;
  const value = JSON.stringify(record.data);
  const headers = headersOf(record);
  return {
    key,
    value,
    headers,
    recordTail: encodeRecordTail({ key, value, headers: encodedHeaders(record) ?? headers }),
  };
}
