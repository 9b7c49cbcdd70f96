import { closeCodes, type Opcode } from './websocket-frame.ts';

/** An error of the peer, with the close code for it. */
export class WebSocketError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'WebSocketError';
    this.closeCode = closeCode;
  }
}

/** Creates the error for a frame that violates the protocol. */
export function protocolError(message: string): WebSocketError {
  return new WebSocketError(closeCodes.protocolError, message);
}

/**
 * The options of a reader. A server expects masked frames, a client unmasked ones. A frame above `maxPayload` bytes is
 * refused before it is buffered.
 */
export type FrameReaderOptions = { expectMasked: boolean; maxPayload: number };

/** A valid frame header. */
export type FrameHeader = { fin: boolean; opcode: Opcode; length: number; mask: Uint8Array | undefined };

const known: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10]);

/**
 * Reads the frame header (RFC 6455, 5.2) at the start of `bytes`; undefined if more bytes are needed. Checks each field as
 * soon as it arrives.
 */
export function readFrameHeader(
  bytes: Buffer,
  { expectMasked, maxPayload }: FrameReaderOptions,
): FrameHeader | undefined {
  const first = bytes[0]!;
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) throw protocolError('a reserved bit is set and no extension was negotiated');
  if (!known.has(opcode)) throw protocolError('unknown opcode');
  const fin = (first & 0x80) !== 0;
  if (bytes.length < 2) return undefined;
  const masked = (bytes[1]! & 0x80) !== 0;
  if (masked !== expectMasked)
    throw protocolError(expectMasked ? 'a client must mask its frames' : 'a server must not mask its frames');
  const short = bytes[1]! & 0x7f;
  if (opcode >= 8 && (!fin || short > 125))
    throw protocolError('a control frame must not be fragmented nor longer than 125 bytes');
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerLength = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < 2 + lengthBytes) return undefined;
  const length = lengthBytes === 0 ? short : readLength(bytes, lengthBytes);
  if (length > maxPayload) throw new WebSocketError(closeCodes.tooBig, `a frame of more than ${maxPayload} bytes`);
  if (bytes.length < headerLength) return undefined;
  return {
    fin,
    opcode: opcode as Opcode,
    length,
    mask: masked ? Uint8Array.from(bytes.subarray(headerLength - 4, headerLength)) : undefined,
  };
}

function readLength(bytes: Buffer, lengthBytes: 2 | 8): number {
  if (lengthBytes === 2) {
    const length = bytes.readUInt16BE(2);
    if (length < 126) throw protocolError('the length is not in its shortest form');
    return length;
  }
  const high = bytes.readUInt32BE(2);
  if (high > 0x7fffffff) throw protocolError('the length has its highest bit set');
  const length = high * 2 ** 32 + bytes.readUInt32BE(6);
  if (length < 65_536) throw protocolError('the length is not in its shortest form');
  return length;
}
