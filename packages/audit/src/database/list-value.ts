/** A list as one value of a statement, for a parameter that is cast to `text[]` or `bigint[]`. */
export class ListValue {
  readonly type: 'text' | 'bigint';
  readonly items: readonly (string | number | null)[];

  private constructor(type: ListValue['type'], items: ListValue['items']) {
    [this.type, this.items] = [type, items];
  }

  static texts(items: readonly (string | null)[]): ListValue {
    return new ListValue('text', items);
  }

  static integers(items: readonly (number | null)[]): ListValue {
    return new ListValue('bigint', items);
  }
}

/** The object ids of the types, which are fixed (pg_type.dat). */
const typeIds = { text: 25, bigint: 20 } as const;
const headerBytes = 20;
const lengthBytes = 4;
const bigintBytes = 8;
const nullLength = -1;
const highPart = 2 ** 32;

/** Below this length, a loop is faster than a call of `Buffer.write`. Most values are this short. */
const shortText = 64;
const maxBytesPerUnit = 3;
const lastAscii = 0x7f;

/** Writes a short text of ASCII without its length, and returns whether it is one. */
function isWrittenAsAscii(bytes: Buffer, text: string, start: number): boolean {
  if (text.length > shortText) return false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > lastAscii) return false;
    bytes[start + index] = unit;
  }
  return true;
}

function writeText(bytes: Buffer, item: string, at: number): number {
  const start = at + lengthBytes;
  const length = isWrittenAsAscii(bytes, item, start) ? item.length : bytes.write(item, start);
  bytes.writeInt32BE(length, at);
  return start + length;
}

/** Returns the number of bytes that an item takes at most. */
function roomFor(item: string | number | null): number {
  if (item === null) return 0;
  if (typeof item === 'number') return bigintBytes;
  return item.length > shortText ? Buffer.byteLength(item) : item.length * maxBytesPerUnit;
}

/** The number is exact up to 2^53, so it is written in two parts instead of as a BigInt, which takes longer. */
function writeInteger(bytes: Buffer, item: number, at: number): number {
  bytes.writeInt32BE(bigintBytes, at);
  bytes.writeInt32BE(Math.floor(item / highPart), at + lengthBytes);
  bytes.writeUInt32BE(item >>> 0, at + lengthBytes + bigintBytes / 2);
  return at + lengthBytes + bigintBytes;
}

/**
 * Encodes a list in PostgreSQL's binary form of an array (`array_recv`). As text, each quotation mark of the JSON in it
 * would be escaped here and unescaped there, one character after the other.
 */
export function encodeList({ type, items }: ListValue): Buffer {
  let size = headerBytes;
  for (const item of items) size += lengthBytes + roomFor(item);
  const bytes = Buffer.allocUnsafe(size);
  const dimensions = items.length === 0 ? 0 : 1;
  let at = bytes.writeInt32BE(dimensions, 0);
  at = bytes.writeInt32BE(items.includes(null) ? 1 : 0, at);
  at = bytes.writeInt32BE(typeIds[type], at);
  if (dimensions === 0) return bytes.subarray(0, at);
  at = bytes.writeInt32BE(items.length, at);
  at = bytes.writeInt32BE(1, at);
  for (const item of items) {
    if (item === null) at = bytes.writeInt32BE(nullLength, at);
    else at = typeof item === 'string' ? writeText(bytes, item, at) : writeInteger(bytes, item, at);
  }
  return bytes.subarray(0, at);
}
