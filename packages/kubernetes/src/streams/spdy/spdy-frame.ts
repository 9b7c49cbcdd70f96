/** Types of control frames (SPDY/3.1, 2.6). */
export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** The sender will send no more on the stream. */
export const flagFin = 0x01;
/** The receiver must not send on the stream. */
export const flagUnidirectional = 0x02;

/** A control frame. `payload` is the part after the first eight bytes. */
export type ControlFrame = { type: number; flags: number; payload: Buffer };

/** The RST_STREAM status for a stream that is no longer wanted. */
const cancel = 5;

function controlFrame(type: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(8 + payload.length);
  frame.writeUInt16BE(0x8003, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(flags * 2 ** 24 + payload.length, 4);
  frame.set(payload, 8);
  return frame;
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** Encodes a data frame of at most 2^24 - 1 bytes. `last` ends the stream. */
export function encodeData(id: number, data: Uint8Array, last: boolean): Buffer {
  return Buffer.concat([numbers(id, (last ? flagFin : 0) * 2 ** 24 + data.length), data]);
}

/** Encodes the end of a stream in both directions. */
export function encodeReset(id: number): Buffer {
  return controlFrame(frameTypes.rstStream, 0, numbers(id, cancel));
}

/** Encodes GOAWAY. `lastStream` is the highest stream id of the other side. */
export function encodeGoAway(lastStream: number): Buffer {
  return controlFrame(frameTypes.goAway, 0, numbers(lastStream, 0));
}

/** Encodes a control frame. */
export function encodeControl({ type, flags, payload }: ControlFrame): Buffer {
  return controlFrame(type, flags, payload);
}
