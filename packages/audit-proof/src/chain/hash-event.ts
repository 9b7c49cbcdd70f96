import { hash } from 'node:crypto';
import { JsonBytes } from '../canonical/json-bytes.ts';

/** The envelope of an event, as far as its hash covers it. */
export type HashedEnvelope = { id: string; type: string; time: string };

/** What the hash of an event covers besides the previous hash. `dataText` is the canonical form of its data. */
export type HashedEvent = HashedEnvelope & { dataText: string };

const hashBytes = 32;
const memberLength = '"hash":"",'.length + 2 * hashBytes;
/** The same for all callers, who use it before they return. */
const scratch = new JsonBytes();

const [beforeId, beforeTime, beforeType, beforeData] = ['{"ce_id":', ',"ce_time":', ',"ce_type":', ',"data":'].map(
  (text) => Buffer.from(text),
) as [Buffer, Buffer, Buffer, Buffer];

/** The previous hash of a producer's first event. */
export const firstPrevHash = '0'.repeat(2 * hashBytes);

/** Writes what precedes the data in what is hashed: the previous hash, and the beginning of the canonical form. */
function begin(prevHash: string, { id, type, time }: HashedEnvelope): void {
  scratch.bytes.write(prevHash, 0, hashBytes, 'hex');
  scratch.length = hashBytes;
  scratch.copy(beforeId);
  scratch.json(id);
  scratch.copy(beforeTime);
  scratch.json(time);
  scratch.copy(beforeType);
  scratch.json(type);
  scratch.copy(beforeData);
}

function finish(): string {
  scratch.raw('}');
  return hash('sha256', scratch.bytes.subarray(0, scratch.length), 'hex');
}

/**
 * Returns the hash of an event in hexadecimal: SHA-256 over the raw previous hash and the RFC 8785 form of `{ce_id,
 * ce_time, ce_type, data}`. `dataText` must not contain the member `sallyport.hash`.
 */
export function hashEvent(prevHash: string, { dataText, ...event }: HashedEvent): string {
  begin(prevHash, event);
  scratch.raw(dataText);
  return finish();
}

/**
 * Returns the hash of an event, and its data with the hash in its place, as the bytes that go on the wire. The data is
 * written once for both: `write` writes its canonical form without the member `sallyport.hash`, and returns where that
 * goes. The bytes are valid until the next call.
 */
export function hashAndEncode(
  prevHash: string,
  event: HashedEnvelope,
  write: (target: JsonBytes) => number,
): { hash: string; bytes: Buffer } {
  begin(prevHash, event);
  const dataAt = scratch.length;
  const hashAt = write(scratch);
  const end = scratch.length;
  const made = finish();
  scratch.room(memberLength);
  const { bytes } = scratch;
  bytes.copyWithin(hashAt + memberLength, hashAt, end);
  bytes.write(`"hash":"${made}",`, hashAt, 'latin1');
  return { hash: made, bytes: bytes.subarray(dataAt, end + memberLength) };
}
