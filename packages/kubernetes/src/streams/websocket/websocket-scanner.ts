import { readFrameHeader, type FrameHeader } from '../../websocket/frame-header.ts';
import { WebSocketError } from '../../websocket/websocket-error.ts';
import { opcodes } from '../../websocket/websocket-frame.ts';
import { ByteView } from '../observer/byte-view.ts';
import { StreamFault } from '../observer/stream-fault.ts';

/** The longest frame that is read; API servers take no longer one either. */
export const maxFrameBytes = 33_554_432;

const maxHeaderBytes = 14;

/**
 * Is told what a direction says, in order. A message is `begin`, any number of `part`, `end`; control frames between
 * its fragments are not seen.
 */
export type MessageSink = {
  /** `whole`: the message is in one frame, of `length` bytes. */
  begin(message: { text: boolean; whole: boolean; length: number }): void;
  part(view: ByteView): void;
  end(): void;
  /** The last thing that is said; `code` if one is given. */
  close(code: number | undefined): void;
};

/** Takes one direction of a WebSocket apart (RFC 6455, 5); keeps a header and a close code, nothing of the data. */
export class WebSocketScanner {
  readonly #sink: MessageSink;
  readonly #options: { expectMasked: boolean; maxPayload: number };
  readonly #head = Buffer.alloc(maxHeaderBytes);
  #filled = 0;
  #frame: FrameHeader | undefined;
  #left = 0;
  #inMessage = false;
  #code: number[] = [];
  /** Nothing counts behind a close frame. */
  stopped = false;

  /** `masked` is true for what a client sends. */
  constructor(masked: boolean, sink: MessageSink) {
    this.#sink = sink;
    this.#options = { expectMasked: masked, maxPayload: maxFrameBytes };
  }

  /** Bytes until a message of another may be put in, or as many as are known of yet; 0 if it may be now. */
  get untilBoundary(): number {
    if (this.#frame !== undefined) return this.#left;
    if (this.#filled > 0) return missingOf(this.#head, this.#filled);
    return this.#inMessage ? 2 : 0;
  }

  /** Takes the next bytes; throws StreamFault on a violation, after which the scanner is done. */
  feed(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at < chunk.length && !this.stopped) {
      at = this.#frame === undefined ? this.#readHead(chunk, at) : this.#readPayload(chunk, at, this.#frame);
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const held = this.#filled;
    if (held === 0) {
      const header = this.#judge(chunk.subarray(at, at + maxHeaderBytes));
      if (header !== undefined) return this.#begin(header, at + headerLength(header));
    }
    const taken = chunk.copy(this.#head, held, at, Math.min(chunk.length, at + maxHeaderBytes - held));
    this.#filled = held + taken;
    const header = this.#judge(this.#head.subarray(0, this.#filled));
    if (header === undefined) return at + taken;
    this.#filled = 0;
    return this.#begin(header, at + headerLength(header) - held);
  }

  #judge(bytes: Buffer): FrameHeader | undefined {
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
