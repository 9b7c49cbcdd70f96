/** What a record says, as kafkajs has it. */
export type RecordParts = {
  key?: string | Buffer | null;
  value?: string | Buffer | null;
  headers?: Record<string, string | Buffer | null | (string | Buffer)[]>;
};

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function varIntSize(value: number): number {
  let rest = zigZag(value);
  let size = 1;
  while (rest >= 0x80) {
    rest >>>= 7;
    size += 1;
  }
  return size;
}

/** Up to this length a loop is faster than a call into the runtime. Header names and most header values are shorter. */
const shortText = 64;

/** Returns the length in UTF-8, or -1 for null. */
function lengthOf(value: string | Buffer | null | undefined): number {
  if (value == null) return -1;
  if (typeof value !== 'string' || value.length > shortText) return Buffer.byteLength(value);
  for (let at = 0; at < value.length; at += 1) if (value.charCodeAt(at) > 0x7f) return Buffer.byteLength(value);
  return value.length;
}

/** Returns the size of a value with its length prefix. A length of -1 means null. */
export function framed(length: number): number {
  return varIntSize(length) + Math.max(length, 0);
}

/** Writes a number as a variable-length one at `start`, and returns where it ends. */
export function writeVarInt(target: Buffer, start: number, value: number): number {
  let rest = zigZag(value);
  let at = start;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

function writeValue(target: Buffer, start: number, value: string | Buffer | null | undefined, length: number): number {
  const at = writeVarInt(target, start, length);
  if (length <= 0) return at;
  if (typeof value !== 'string') value!.copy(target, at);
  // As many bytes as characters means ASCII.
  else if (length <= shortText && length === value.length)
    for (let index = 0; index < length; index += 1) target[at + index] = value.charCodeAt(index);
  else target.write(value, at, length, 'utf8');
  return at + length;
}

type Value = string | Buffer | null | undefined;

/** Returns names and values in turn, with their lengths. A header with several values is repeated. */
function flatten(headers: NonNullable<RecordParts['headers']>): { values: Value[]; lengths: number[] } {
  const values: Value[] = [];
  const lengths: number[] = [];
  const add = (value: Value) => {
    values.push(value);
    lengths.push(lengthOf(value));
  };
  for (const name of Object.keys(headers)) {
    const given = headers[name];
    for (const one of Array.isArray(given) ? given : [given]) {
      add(name);
      add(one);
    }
  }
  return { values, lengths };
}

/** Encodes the headers of a record with their count, which are its last part. */
export function encodeHeaders(headers: NonNullable<RecordParts['headers']>): Buffer {
  const { values, lengths } = flatten(headers);
  const count = values.length / 2;
  let size = varIntSize(count);
  for (const length of lengths) size += framed(length);
  const encoded = Buffer.allocUnsafe(size);
  let at = writeVarInt(encoded, 0, count);
  for (let index = 0; index < values.length; index += 1) at = writeValue(encoded, at, values[index], lengths[index]!);
  return encoded;
}

/** Encodes the part of a record that does not depend on its place in a batch. */
export function encodeRecordTail({ key, value, headers = {} }: RecordParts): Buffer {
  const lines = encodeHeaders(headers);
  const [keySize, valueSize] = [lengthOf(key), lengthOf(value)];
  const tail = Buffer.allocUnsafe(framed(keySize) + framed(valueSize) + lines.length);
  let at = writeValue(tail, 0, key, keySize);
  at = writeValue(tail, at, value, valueSize);
  lines.copy(tail, at);
  return tail;
}

/**
 * Writes a text with its length in front at `start`, and returns where it ends. Returns -1 if it is not printable ASCII.
 */
export function writeAsciiValue(target: Buffer, start: number, text: string): number {
  const at = writeVarInt(target, start, text.length);
  return writeAscii(target, at, text) ? at + text.length : -1;
}

/** Writes a text at `start`. Returns whether it is printable ASCII, and if not, leaves a part of it there. */
export function writeAscii(target: Buffer, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
    target[start + at] = code;
  }
  return true;
}

/** The attributes and the time of a record, each one byte: its time is that of its batch. */
const bodySize = (tail: Buffer, offsetDelta: number) => 2 + varIntSize(offsetDelta) + tail.length;

/** Returns the length in bytes of a record of format v2 with this tail. */
export function recordSize(tail: Buffer, offsetDelta: number): number {
  const body = bodySize(tail, offsetDelta);
  return varIntSize(body) + body;
}

/** Writes a record of format v2 at `start` and returns where it ends. */
export function writeRecord(target: Buffer, start: number, tail: Buffer, offsetDelta: number): number {
  let at = writeVarInt(target, start, bodySize(tail, offsetDelta));
  target[at++] = 0;
  at = writeVarInt(target, at, 0);
  at = writeVarInt(target, at, offsetDelta);
  return at + tail.copy(target, at);
}
