import type { Message } from 'kafkajs';

/** A message together with its encoded form, which is what is sent when `replaceKafkajsModules` is in effect. */
export type AuditMessage = Message & { recordTail: Buffer };

/** Reads the fields of a record of format v2: each is a length as a variable-length number, and the bytes. */
class FieldReader {
  readonly #source: Buffer;
  #at: number;

  constructor(source: Buffer, at = 0) {
    [this.#source, this.#at] = [source, at];
  }

  get at(): number {
    return this.#at;
  }

  number(): number {
    let [value, shift, byte] = [0, 0, 0x80];
    while (byte >= 0x80) {
      if (shift > 28 || this.#at >= this.#source.length) throw new RangeError('the record ends in the middle');
      byte = this.#source[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      shift += 7;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  bytes(): Buffer {
    const length = this.number();
    const start = this.#at;
    if (length < 0 || start + length > this.#source.length) throw new RangeError('the record has no such field');
    this.#at = start + length;
    return this.#source.subarray(start, this.#at);
  }
}

function readHeaders(tail: Buffer, at: number): Record<string, string> {
  const reader = new FieldReader(tail, at);
  // Not assigned one by one, because a header may be called `__proto__`.
  const headers: [string, string][] = [];
  for (let left = reader.number(); left > 0; left -= 1)
    headers.push([reader.bytes().toString(), reader.bytes().toString()]);
  return Object.fromEntries(headers);
}

/**
 * Reads what `encodeRecordTail` wrote for an event back as a message, which is sent as these bytes. Throws if the bytes
 * are something else.
 */
export function readRecordTail(bytes: Uint8Array): AuditMessage {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new FieldReader(tail);
  const key = reader.bytes().toString();
  const value = reader.bytes();
  const { at } = reader;
  return {
    key,
    value,
    recordTail: tail,
    // Decoded only if someone asks. A property of its own, because kafkajs copies the properties of a message.
    get headers() {
      return readHeaders(tail, at);
    },
  };
}
