import { constants, deflateRawSync } from 'node:zlib';
import { headerDictionary } from '../spdy/header-dictionary.ts';
import { encodeControl, encodeData, frameTypes } from '../spdy/spdy-frame.ts';

type Deflating = { level?: number; strategy?: number };

/** Compresses header blocks as one stream with Node's zlib. */
export function createHeaderDeflater(options: Deflating = {}): (block: Uint8Array) => Buffer {
  let history = headerDictionary;
  let first = true;
  return (block) => {
    const body = deflateRawSync(block, { ...options, dictionary: history, finishFlush: constants.Z_SYNC_FLUSH });
    history = Buffer.concat([history, block]).subarray(-32_768);
    const head = first ? Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]) : Buffer.alloc(0);
    first = false;
    return Buffer.concat([head, body]);
  };
}

/** Writes an uncompressed header block. */
export function encodeHeaderBlock(headers: Record<string, string> | [string, string][]): Buffer {
  const entries = Array.isArray(headers) ? headers : Object.entries(headers);
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    number(entries.length),
    ...entries.flatMap((entry) => entry.flatMap((text) => [number(text.length), Buffer.from(text, 'latin1')])),
  ]);
}

/** One side of a SPDY connection that writes frames. */
type SpdyPeer = {
  synStream(id: number, headers: Record<string, string> | [string, string][], flags?: number): Buffer;
  synReply(id: number, flags?: number): Buffer;
  headers(id: number, headers: Record<string, string>, flags?: number): Buffer;
  data(id: number, data: Uint8Array | string, last?: boolean): Buffer;
  control(type: number, payload: Uint8Array | number[], flags?: number): Buffer;
};

/** Creates a peer. Each side of a connection has its own compression. */
export function createSpdyPeer(options: Deflating = {}): SpdyPeer {
  const deflate = createHeaderDeflater(options);
  const withId = (id: number, more: number, block: Uint8Array): Buffer => {
    const payload = Buffer.alloc(4 + more);
    payload.writeUInt32BE(id, 0);
    return Buffer.concat([payload, deflate(block)]);
  };
  return {
    synStream: (id, headers, flags = 0) =>
      encodeControl({ type: frameTypes.synStream, flags, payload: withId(id, 6, encodeHeaderBlock(headers)) }),
    synReply: (id, flags = 0) =>
      encodeControl({ type: frameTypes.synReply, flags, payload: withId(id, 0, encodeHeaderBlock({})) }),
    headers: (id, headers, flags = 0) =>
      encodeControl({ type: frameTypes.headers, flags, payload: withId(id, 0, encodeHeaderBlock(headers)) }),
    data: (id, data, last = false) => encodeData(id, Buffer.from(data as string), last),
    control: (type, payload, flags = 0) => encodeControl({ type, flags, payload: Buffer.from(payload as number[]) }),
  };
}

/** Encodes big-endian 32-bit numbers. */
export function quads(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}
