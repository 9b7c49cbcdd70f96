import { badRequest } from '../objects/api-error.ts';

/** A field in wire format: a number or bytes. */
export type WireField = { number: number; value: bigint | Buffer };

/** Splits a protobuf message into fields. Supports varints and bytes, the only wire types that these objects use. */
export function* readFields(message: Buffer): Generator<WireField> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = Number(readVarint(message, cursor));
    const number = Math.floor(tag / 8);
    if (number === 0) throw malformed();
    switch (tag % 8) {
      case 0:
        yield { number, value: readVarint(message, cursor) };
        break;
      case 2:
        yield { number, value: readBytes(message, cursor) };
        break;
      default:
        throw malformed();
    }
  }
}

function readVarint(message: Buffer, cursor: { at: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = message[cursor.at];
    if (byte === undefined) throw malformed();
    cursor.at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  throw malformed();
}

function readBytes(message: Buffer, cursor: { at: number }): Buffer {
  const length = readVarint(message, cursor);
  if (length < 0n || length > BigInt(message.length - cursor.at)) throw malformed();
  const start = cursor.at;
  cursor.at += Number(length);
  return message.subarray(start, cursor.at);
}

/** Returns the error for bytes that are not protobuf. */
export function malformed(): Error {
  return badRequest('the body of the request was not valid protobuf');
}
