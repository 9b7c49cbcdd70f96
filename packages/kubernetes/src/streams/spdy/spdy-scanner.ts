import type { ByteView } from '../observer/byte-view.ts';
import { StreamFault } from '../observer/stream-observer.ts';
import type { ControlFrame } from './spdy-frame.ts';

/** Maximum bytes of a control frame. Those of Kubernetes have a few hundred. */
export const maxControlBytes = 16_384;

/** Receives the frames of a direction, in order. A data frame is `dataBegin`, any number of `dataPart`, then `dataEnd`. */
export type SpdySink = {
  control(frame: ControlFrame): void;
  dataBegin(id: number, flags: number): void;
  dataPart(view: ByteView): void;
  dataEnd(): void;
};

/**
 * Splits one direction of a connection into frames (SPDY/3.1, 2.2). Keeps at most one control frame, and nothing of the
 * data.
 */
export class SpdyScanner {
  readonly #sink: SpdySink;
  readonly #isStrict: boolean;
  readonly #head = Buffer.alloc(8);
  #filled = 0;
  #control: ControlFrame | undefined;
  #inData = false;
  /** Remaining bytes of the frame. */
  #left = 0;
  /** How many of the bytes came after the last boundary of two frames. */
  sinceBoundary = 0;
  /** Set by the sink after a GOAWAY, when nothing more is to be read. */
  stopped = false;

  /** `strict` refuses bytes after a GOAWAY, which are otherwise ignored. */
  constructor(sink: SpdySink, strict: boolean) {
    this.#sink = sink;
    this.#isStrict = strict;
  }

  /** Bytes until the next frame begins, as far as known; 0 between two frames. */
  get untilBoundary(): number {
    if (this.#inData || this.#control !== undefined) return this.#left;
    return this.#filled === 0 ? 0 : 8 - this.#filled;
  }

  /** Reads the next bytes. Must not be called again after it threw a StreamFault. */
  feed(view: ByteView): void {
    let at = 0;
    let boundary: number | undefined;
    while (at < view.length && !this.stopped) {
      if (this.#inData) at = this.#readData(view, at);
      else if (this.#control !== undefined) at = this.#readControl(view, at, this.#control);
      else at = this.#readHead(view, at);
      if (this.untilBoundary === 0) boundary = at;
    }
    this.sinceBoundary = boundary === undefined ? this.sinceBoundary + at : at - boundary;
    if (this.#isStrict && at < view.length) throw new StreamFault('bytes after the goodbye');
  }

  #readHead(view: ByteView, at: number): number {
    const count = Math.min(8 - this.#filled, view.length - at);
    view.copyTo(this.#head, this.#filled, at, count);
    this.#filled += count;
    if (this.#filled === 8) this.#begin();
    return at + count;
  }

  #begin(): void {
    this.#filled = 0;
    const first = this.#head.readUInt32BE(0);
    const flags = this.#head[4]!;
    this.#left = this.#head.readUIntBE(5, 3);
    if (first < 0x8000_0000) this.#beginData(first, flags);
    else this.#beginControl(first, flags);
  }

  #beginData(id: number, flags: number): void {
    this.#sink.dataBegin(id, flags);
    if (this.#left === 0) this.#sink.dataEnd();
    else this.#inData = true;
  }

  #beginControl(first: number, flags: number): void {
    const type = first & 0xffff;
    if (((first >>> 16) & 0x7fff) !== 3) throw new StreamFault('a control frame of another version than 3');
    if (this.#left > maxControlBytes) throw new StreamFault(`a control frame of more than ${maxControlBytes} bytes`);
    const frame = { type, flags, payload: Buffer.alloc(this.#left) };
    if (this.#left === 0) this.#sink.control(frame);
    else this.#control = frame;
  }

  #readData(view: ByteView, at: number): number {
    const count = Math.min(this.#left, view.length - at);
    this.#left -= count;
    this.#sink.dataPart(count === view.length ? view : view.part(at, at + count));
    if (this.#left === 0) {
      this.#inData = false;
      this.#sink.dataEnd();
    }
    return at + count;
  }

  #readControl(view: ByteView, at: number, frame: ControlFrame): number {
    const count = Math.min(this.#left, view.length - at);
    view.copyTo(frame.payload, frame.payload.length - this.#left, at, count);
    this.#left -= count;
    if (this.#left === 0) {
      this.#control = undefined;
      this.#sink.control(frame);
    }
    return at + count;
  }
}
