/** One record as kafkajs hands it to its encoder. */
export type RecordParts = {
  offsetDelta?: number;
  timestampDelta?: number;
  key?: string | Buffer | null;
  value?: string | Buffer | null;
  headers?: Record<string, string | Buffer | null | (string | Buffer)[]>;
};

/** The part of kafkajs's Encoder that is read from an encoded record. */
export type EncodedRecord = { buf: Buffer; buffer: Buffer };

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

function lengthOf(value: string | Buffer | null | undefined): number {
  return value == null ? -1 : Buffer.byteLength(value);
}

/** Size of a length-prefixed value; -1 stands for null. */
function framed(length: number): number {
  return varIntSize(length) + Math.max(length, 0);
}

function writeVarInt(target: Buffer, start: number, value: number): number {
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
  if (typeof value === 'string') target.write(value, at, length, 'utf8');
  else value!.copy(target, at);
  return at + length;
}

/** Encodes a record of format v2 into one buffer of exactly its size. Length and deltas must fit 31 bits. */
export function encodeRecord(parts: RecordParts): EncodedRecord {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = parts;
  const pairs = Object.entries(headers).flatMap(([name, given]) => (Array.isArray(given) ? given : [given]).map((one) => [name, one] as const));
  const sizes = pairs.map(([name, one]) => [Buffer.byteLength(name), lengthOf(one)] as const);
  const [keySize, valueSize] = [lengthOf(key), lengthOf(value)];
  let body = 1 + varIntSize(timestampDelta) + varIntSize(offsetDelta) + framed(keySize) + framed(valueSize) + varIntSize(pairs.length);
  for (const [name, one] of sizes) body += framed(name) + framed(one);
  const buf = Buffer.allocUnsafe(varIntSize(body) + body);
  let at = writeVarInt(buf, 0, body);
  buf[at++] = 0;
  at = writeVarInt(buf, at, timestampDelta);
  at = writeVarInt(buf, at, offsetDelta);
  at = writeValue(buf, at, key, keySize);
  at = writeValue(buf, at, value, valueSize);
  at = writeVarInt(buf, at, pairs.length);
  pairs.forEach(([name, one], index) => {
    at = writeValue(buf, at, name, sizes[index]![0]);
    at = writeValue(buf, at, one, sizes[index]![1]);
  });
  return { buf, buffer: buf };
}
