import { readFrameHeader, WebSocketError, type FrameHeader } from '../../websocket/frame-header.ts';
import { opcodes } from '../../websocket/websocket-frame.ts';
import { ByteView } from '../observer/byte-view.ts';
import { StreamFault } from '../observer/stream-observer.ts';

/** Maximum frame length. API servers accept no longer frames either. */
export const maxFrameBytes = 33_554_432;

const maxHeaderBytes = 14;

/**
 * Receives the messages of a direction, in order. A message is `begin`, any number of `part`, then `end`. Control frames
 * between its fragments are not reported.
 */
export type MessageSink = {
  /** `whole` means that the message is one frame of `length` bytes. */
  begin(message: { text: boolean; whole: boolean; length: number }): void;
  part(view: ByteView): void;
  end(): void;
  /** The last event, with the close code if there is one. */
  close(code: number | undefined): void;
};

/** Splits one direction of a WebSocket into messages (RFC 6455, 5). Keeps a header and a close code, but no data. */
export class WebSocketScanner {
  readonly #sink: MessageSink;
  readonly #isStrict: boolean;
  readonly #options: { expectMasked: boolean; maxPayload: number };
  readonly #head = Buffer.alloc(maxHeaderBytes);
  #filled = 0;
  #frame: FrameHeader | undefined;
  #left = 0;
  #inMessage = false;
  #code: number[] = [];
  /** How many of the bytes came after the last place where another message could be inserted. */
  sinceBoundary = 0;
  /** Whether a close frame was read. Nothing after it counts. */
  stopped = false;

  /**
   * `masked` is true for the direction from the client. `strict` refuses bytes after a close frame, which are otherwise
   * ignored.
   */
  constructor(masked: boolean, sink: MessageSink, strict = false) {
    this.#sink = sink;
    this.#isStrict = strict;
    this.#options = { expectMasked: masked, maxPayload: maxFrameBytes };
  }

  /** Bytes until another message may be inserted, as far as known; 0 if it may be inserted now. */
  get untilBoundary(): number {
    if (this.#frame !== undefined) return this.#left;
    if (this.#filled > 0) return missingOf(this.#head, this.#filled);
    return this.#inMessage ? 2 : 0;
  }

  /** Reads the next bytes. Must not be called again after it threw a StreamFault. */
  feed(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    let boundary: number | undefined;
    while (at < chunk.length && !this.stopped) {
      at = this.#frame === undefined ? this.#readHead(chunk, at) : this.#readPayload(chunk, at, this.#frame);
      if (this.untilBoundary === 0) boundary = at;
    }
    this.sinceBoundary = boundary === undefined ? this.sinceBoundary + at : at - boundary;
    if (this.#isStrict && at < chunk.length) throw new StreamFault('bytes after the close frame');
  }

  #readHead(chunk: Buffer, at: number): number {
    const held = this.#filled;
    if (held === 0) {
      const header = this.#readHeader(chunk.subarray(at, at + maxHeaderBytes));
      if (header !== undefined) return this.#begin(header, at + headerLength(header));
    }
    const taken = chunk.copy(this.#head, held, at, Math.min(chunk.length, at + maxHeaderBytes - held));
    this.#filled = held + taken;
    const header = this.#readHeader(this.#head.subarray(0, this.#filled));
    if (header === undefined) return at + taken;
    this.#filled = 0;
    return this.#begin(header, at + headerLength(header) - held);
  }

  #readHeader(bytes: Buffer): FrameHeader | undefined {
    try {
      return readFrameHeader(bytes, this.#options);
    } catch (error) {
      throw error instanceof WebSocketError ? new StreamFault(error.message) : error;
    }
  }

  #begin(frame: FrameHeader, at: number): number {
    this.#left = frame.length;
    if (frame.opcode < 8) this.#beginData(frame);
    else this.#code = [];
    if (frame.length === 0) this.#end(frame);
    else this.#frame = frame;
    return at;
  }

  #beginData(frame: FrameHeader): void {
    if ((frame.opcode === opcodes.continuation) !== this.#inMessage) {
      throw new StreamFault(this.#inMessage ? 'a new message inside a fragmented one' : 'a continuation of nothing');
    }
    if (this.#inMessage) return;
    this.#inMessage = true;
    this.#sink.begin({ text: frame.opcode === opcodes.text, whole: frame.fin, length: frame.length });
  }

  #readPayload(chunk: Buffer, at: number, frame: FrameHeader): number {
    const end = Math.min(chunk.length, at + this.#left);
    if (frame.opcode < 8 || frame.opcode === opcodes.close) {
      const view = new ByteView(chunk, at, end, frame.mask, frame.length - this.#left);
      if (frame.opcode < 8) this.#sink.part(view);
      else
        for (let index = 0; index < view.length && this.#code.length < 2; index += 1) this.#code.push(view.at(index));
    }
    this.#left -= end - at;
    if (this.#left === 0) this.#end(frame);
    return end;
  }

  #end(frame: FrameHeader): void {
    this.#frame = undefined;
    if (frame.opcode === opcodes.close) {
      this.stopped = true;
      const [high, low] = this.#code;
      this.#sink.close(low === undefined ? undefined : high! * 256 + low);
    } else if (frame.opcode < 8 && frame.fin) {
      this.#inMessage = false;
      this.#sink.end();
    }
  }
}

function headerLength({ length, mask }: FrameHeader): number {
  return 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + (mask === undefined ? 0 : 4);
}

function missingOf(head: Buffer, filled: number): number {
  if (filled < 2) return 2 - filled;
  const short = head[1]! & 0x7f;
  const length = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((head[1]! & 0x80) === 0 ? 0 : 4);
  return Math.max(1, length - filled);
}
