import {
  applyMask,
  readFrameHeader,
  type FrameHeader,
  type FrameReaderOptions,
  type Opcode,
} from '@sallyport/kubernetes';

/** A complete frame, unmasked. */
export type Frame = { fin: boolean; opcode: Opcode; payload: Buffer };

/**
 * Reads frames from bytes as they arrive, in chunks of any size. Every payload byte is copied once, so the cost is linear
 * however the peer splits its bytes. At most one frame of `maxPayload` is buffered.
 */
export class FrameReader {
  /** Payload bytes copied so far. */
  bytesCopied = 0;
  readonly #options: FrameReaderOptions;
  readonly #head = Buffer.alloc(14);
  #headLength = 0;
  #header: FrameHeader | undefined;
  #payload = Buffer.alloc(0);
  #filled = 0;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /**
   * Takes the next bytes and returns the frames that they complete. Throws WebSocketError on a violation, after which the
   * reader cannot be used.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length) {
      at = this.#header === undefined ? this.#readHead(chunk, at) : this.#readPayload(chunk, at);
      if (this.#header !== undefined && this.#filled === this.#header.length) frames.push(this.#finish());
    }
    return frames;
  }

  // A header has at most 14 bytes. Reading them one at a time handles any split.
  #readHead(chunk: Uint8Array, at: number): number {
    this.#head[this.#headLength] = chunk[at]!;
    this.#headLength += 1;
    const header = readFrameHeader(this.#head.subarray(0, this.#headLength), this.#options);
    if (header === undefined) return at + 1;
    this.#header = header;
    this.#payload = Buffer.allocUnsafe(header.length);
    this.#filled = 0;
    return at + 1;
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const header = this.#header!;
    const part = chunk.subarray(at, at + header.length - this.#filled);
    this.#payload.set(part, this.#filled);
    if (header.mask)
      applyMask(this.#payload.subarray(this.#filled, this.#filled + part.length), header.mask, this.#filled);
    this.#filled += part.length;
    this.bytesCopied += part.length;
    return at + part.length;
  }

  #finish(): Frame {
    const { fin, opcode } = this.#header!;
    this.#header = undefined;
    this.#headLength = 0;
    return { fin, opcode, payload: this.#payload };
  }
}
