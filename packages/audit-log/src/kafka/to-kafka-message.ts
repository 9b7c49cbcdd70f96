import type { AuditRecord } from '@sallyport/contracts';
import { AuditMessage } from './audit-message.ts';
import { readRecordFields } from './kafka-record-decoder.ts';
import {
  encodeHeaders,
  encodeRecordTail,
  framed,
  writeAscii,
  writeAsciiValue,
  writeVarInt,
} from './kafka-record-encoder.ts';

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
/** By source and type. */
const templates = new Map<string, Map<string, Template>>();
/** There are a few services and a few dozen types. */
const [maxSources, maxTypes] = [10, 100];

function templateOf({ type, source }: Envelope): Template | undefined {
  let ofSource = templates.get(source);
  if (!ofSource) {
    if (templates.size >= maxSources) return undefined;
    templates.set(source, (ofSource = new Map()));
  }
  const known = ofSource.get(type);
  if (known || ofSource.size >= maxTypes) return known;
  const [id, time] = ['\u0001'.repeat(idLength), '\u0002'.repeat(timeLength)];
  const bytes = encodeHeaders(headersOf({ id, type, source, time }));
  const made = { bytes, idAt: bytes.indexOf(id), timeAt: bytes.indexOf(time) };
  ofSource.set(type, made);
  return made;
}

type Place = { valueAt: number; headersAt: number };

/** Encodes an event whose envelope has the usual form: ASCII, and headers that differ from others only in id and time. */
function encodeUsual(record: Envelope, value: Buffer): { tail: Buffer; place: Place } | undefined {
  const { id, key, time } = record;
  const template = id.length === idLength && time.length === timeLength ? templateOf(record) : undefined;
  if (!template) return undefined;
  const { bytes, idAt, timeAt } = template;
  const tail = Buffer.allocUnsafe(framed(key.length) + framed(value.length) + bytes.length);
  const valueLengthAt = writeAsciiValue(tail, 0, key);
  if (valueLengthAt === -1) return undefined;
  const valueAt = writeVarInt(tail, valueLengthAt, value.length);
  const headersAt = valueAt + value.length;
  tail.set(value, valueAt);
  tail.set(bytes, headersAt);
  if (!writeAscii(tail, headersAt + idAt, id) || !writeAscii(tail, headersAt + timeAt, time)) return undefined;
  return { tail, place: { valueAt, headersAt } };
}

const encodeAny = (record: Envelope, value: Buffer): Buffer =>
  encodeRecordTail({ key: record.key, value, headers: headersOf(record) });

/**
 * Returns the bytes that go to Kafka for a sealed event. `value` is its data in canonical form, which is sent as it is.
 */
export function encodeEvent(record: Envelope, value: Buffer): Buffer {
  return encodeUsual(record, value)?.tail ?? encodeAny(record, value);
}

/** Returns a sealed event as a Kafka message. */
export function toKafkaMessage(record: Envelope, value: Buffer): AuditMessage {
  const usual = encodeUsual(record, value);
  return usual ? new AuditMessage(record.key, usual.tail, usual.place) : readAuditMessage(encodeAny(record, value));
}

/** Reads what `encodeEvent` returned back as a message. Throws if the bytes are something else. */
export function readAuditMessage(bytes: Uint8Array): AuditMessage {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { key, valueAt, headersAt } = readRecordFields(tail);
  return new AuditMessage(key, tail, { valueAt, headersAt });
}
