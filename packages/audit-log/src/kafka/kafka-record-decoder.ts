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

/** Reads the headers of a record, which begin at `at`. */
export function readRecordHeaders(tail: Buffer, at: number): Record<string, string> {
  const reader = new FieldReader(tail, at);
  // Not assigned one by one, because a header may be called `__proto__`.
  const headers: [string, string][] = [];
  for (let left = reader.number(); left > 0; left -= 1)
    headers.push([reader.bytes().toString(), reader.bytes().toString()]);
  return Object.fromEntries(headers);
}

/** The key of a record, and where its value and its headers begin. */
export type RecordFields = { key: string; valueAt: number; headersAt: number };

/** Reads what was encoded for an event. Throws if the bytes are something else. */
export function readRecordFields(tail: Buffer): RecordFields {
  const reader = new FieldReader(tail);
  const key = reader.bytes().toString();
  const { length } = reader.bytes();
  return { key, valueAt: reader.at - length, headersAt: reader.at };
}
