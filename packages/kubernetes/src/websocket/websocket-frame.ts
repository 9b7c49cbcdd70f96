/** Frame opcodes of RFC 6455, 5.2. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Close codes of RFC 6455, 7.4.1, that this code sends. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidPayload: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internalError: 1011,
} as const;

type FrameToEncode = {
  opcode: Opcode;
  payload?: Uint8Array;
  /** False for all but the last fragment of a message. */
  fin?: boolean;
  /** Four bytes; a client must mask and a server must not. */
  mask?: Uint8Array;
};

/** Encodes a frame. The payload is copied and not changed. */
export function encodeFrame({ opcode, payload = new Uint8Array(0), fin = true, mask }: FrameToEncode): Buffer {
  const length = payload.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const headerLength = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  frame[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, headerLength);
  if (mask) {
    frame.set(mask.subarray(0, 4), 2 + lengthBytes);
    applyMask(frame.subarray(headerLength), mask, 0);
  }
  return frame;
}

/** Masks or unmasks in place. `offset` is the position of `data` in the payload. */
export function applyMask(data: Uint8Array, mask: Uint8Array, offset: number): void {
  const { buffer, byteOffset, length } = data;
  const inBytes = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) data[at]! ^= mask[(offset + at) & 3]!;
  };
  // Words are several times as fast, but must be at addresses that are multiples of four.
  const first = -byteOffset & 3;
  if (length < 16) return inBytes(0, length);
  const words = new Int32Array(buffer, byteOffset + first, (length - first) >> 2);
  const [word = 0] = new Int32Array(Uint8Array.from([0, 1, 2, 3], (at) => mask[(offset + first + at) & 3]!).buffer);
  inBytes(0, first);
  for (let at = 0; at < words.length; at += 1) words[at]! ^= word;
  inBytes(first + words.length * 4, length);
}

/** Encodes a close frame. A reason of more than 123 bytes is cut between characters. */
export function encodeClose(code: number, reason = '', mask?: Uint8Array): Buffer {
  let text = Buffer.from(reason);
  if (text.length > 123) {
    let end = 123;
    while ((text[end]! & 0xc0) === 0x80) end -= 1;
    text = text.subarray(0, end);
  }
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return encodeFrame({ opcode: opcodes.close, payload, mask });
}
