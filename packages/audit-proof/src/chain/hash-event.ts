import { hash } from 'node:crypto';

/** What the hash of an event covers besides the previous hash. `dataText` is the canonical form of its data. */
export type HashedEvent = { id: string; type: string; time: string; dataText: string };

const hashBytes = 32;
let scratch = Buffer.allocUnsafe(16 * 1024);

/** The previous hash of a producer's first event. */
export const firstPrevHash = '0'.repeat(2 * hashBytes);

/** Returns a buffer with room for so many bytes. It is the same for all callers, who use it before they return. */
function room(most: number): Buffer {
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  return scratch;
}

/** Returns what precedes the data in the canonical form of an event. */
const opening = ({ id, type, time }: Omit<HashedEvent, 'dataText'>) =>
  `{"ce_id":${JSON.stringify(id)},"ce_time":${JSON.stringify(time)},"ce_type":${JSON.stringify(type)},"data":`;

/**
 * Returns the hash of an event in hexadecimal: SHA-256 over the raw previous hash and the RFC 8785 form of `{ce_id,
 * ce_time, ce_type, data}`. `dataText` must not contain the member `sallyport.hash`.
 */
export function hashEvent(prevHash: string, { dataText, ...event }: HashedEvent): string {
  const text = `${opening(event)}${dataText}}`;
  // A UTF-16 code unit takes at most three bytes.
  const bytes = room(hashBytes + 3 * text.length);
  bytes.write(prevHash, 0, hashBytes, 'hex');
  const length = hashBytes + bytes.write(text, hashBytes, 'utf8');
  return hash('sha256', bytes.subarray(0, length), 'hex');
}

/** The canonical form of an event's data without the member `sallyport.hash`, in two parts: before its place and after. */
export type UnhashedText = { before: string; after: string };

/**
 * Returns the hash of an event, and its data with the hash in its place, as the bytes that go on the wire. The text is
 * encoded once for both. The bytes are valid until the next call.
 */
export function hashAndEncode(
  prevHash: string,
  { before, after, ...event }: Omit<HashedEvent, 'dataText'> & UnhashedText,
): { hash: string; bytes: Buffer } {
  const start = opening(event);
  const memberLength = '"hash":"",'.length + 2 * hashBytes;
  const bytes = room(hashBytes + 3 * (start.length + before.length + after.length) + 1 + memberLength);
  bytes.write(prevHash, 0, hashBytes, 'hex');
  const dataAt = hashBytes + bytes.write(start, hashBytes, 'utf8');
  const hashAt = dataAt + bytes.write(before, dataAt, 'utf8');
  const end = hashAt + bytes.write(after, hashAt, 'utf8');
  bytes[end] = 0x7d; // the brace that closes the event
  const made = hash('sha256', bytes.subarray(0, end + 1), 'hex');
  bytes.copyWithin(hashAt + memberLength, hashAt, end);
  bytes.write(`"hash":"${made}",`, hashAt, 'latin1');
  return { hash: made, bytes: bytes.subarray(dataAt, end + memberLength) };
}
