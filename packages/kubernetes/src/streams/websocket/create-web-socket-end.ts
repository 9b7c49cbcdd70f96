import { closeCodes, encodeClose, opcodes } from '../../websocket/websocket-frame.ts';
import type { StreamObserver } from '../observer/stream-observer.ts';

/** The longest header of a frame: two bytes, eight of length, and a mask. */
const maxHeaderBytes = 14;

/** Returns how long a header is, as far as its first two bytes say. */
function headerLength(head: Buffer, filled: number): number {
  if (filled < 2) return 2;
  const short = head[1]! & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((head[1]! & 0x80) === 0 ? 0 : 4);
}

function payloadLength(head: Buffer): number {
  const short = head[1]! & 0x7f;
  if (short === 126) return head.readUInt16BE(2);
  return short === 127 ? head.readUInt32BE(2) * 2 ** 32 + head.readUInt32BE(6) : short;
}

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455, 5.2) to find where a control frame may be inserted. It
 * knows no extension and judges nothing, so that it follows compressed messages too. It keeps a header and no data.
 */
class FrameBoundary {
  readonly #head = Buffer.alloc(maxHeaderBytes);
  #filled = 0;
  #left = 0;
  #isClose = false;
  /** Whether a close frame was read. Nothing may follow it. */
  closed = false;

  /** Bytes until a control frame may be inserted, as far as known; 0 if it may be inserted now. */
  get remaining(): number {
    if (this.#left > 0) return this.#left;
    return this.#filled > 0 ? headerLength(this.#head, this.#filled) - this.#filled : 0;
  }

  /** Reads the next bytes. */
  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.closed) {
      at += this.#left > 0 ? this.#passPayload(bytes.length - at) : this.#readHead(bytes, at);
    }
  }

  #passPayload(available: number): number {
    const passed = Math.min(this.#left, available);
    this.#left -= passed;
    if (this.#left === 0) this.closed = this.#isClose;
    return passed;
  }

  #readHead(bytes: Uint8Array, at: number): number {
    const missing = headerLength(this.#head, this.#filled) - this.#filled;
    const taken = Math.min(missing, bytes.length - at);
    this.#head.set(bytes.subarray(at, at + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled < headerLength(this.#head, this.#filled)) return taken;
    this.#filled = 0;
    this.#left = payloadLength(this.#head);
    this.#isClose = (this.#head[0]! & 0x0f) === opcodes.close;
    if (this.#left === 0) this.closed = this.#isClose;
    return taken;
  }
}

/**
 * Creates what ends a WebSocket whose messages are not known. The client is told why by a close frame, after the current
 * frame of the server: 1008 (policy violation), or 1001 (going away) if another try can help.
 */
export function createWebSocketEnd(): Pick<StreamObserver, 'fromServer' | 'endWith'> {
  const frames = new FrameBoundary();
  return {
    fromServer: (bytes) => frames.feed(bytes),
    endWith({ code, message = '' }) {
      if (frames.closed) return undefined;
      const { remaining } = frames;
      if (remaining > 0) return { ready: false, remaining };
      const closeCode = code < 500 ? closeCodes.policyViolation : closeCodes.goingAway;
      return { ready: true, bytes: encodeClose(closeCode, message), carriesStatus: true };
    },
  };
}
