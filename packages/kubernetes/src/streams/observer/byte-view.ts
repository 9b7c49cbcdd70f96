/**
 * A view of received bytes, masked or not (RFC 6455, 5.3). Bytes are unmasked only on access, so that skipping them costs
 * nothing. It is valid until the call that received it returns.
 */
export class ByteView {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #mask: Uint8Array | undefined;
  readonly #phase: number;
  /** The number of bytes in the view. */
  readonly length: number;

  /** Creates a view of `start` (inclusive) to `end` (exclusive). `phase` is the position of `start` in the payload. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, mask?: Uint8Array, phase = 0) {
    this.#bytes = bytes;
    this.#start = start;
    this.#mask = mask;
    this.#phase = phase & 3;
    this.length = end - start;
  }

  /** Returns the unmasked byte at an index. */
  at(index: number): number {
    const byte = this.#bytes[this.#start + index]!;
    return this.#mask === undefined ? byte : byte ^ this.#mask[(this.#phase + index) & 3]!;
  }

  /** Returns the part from `from` (inclusive) to `to` (exclusive). */
  part(from: number, to = this.length): ByteView {
    return new ByteView(this.#bytes, this.#start + from, this.#start + to, this.#mask, this.#phase + from);
  }

  /** Returns the unmasked bytes. They are a copy only if they were masked. */
  bytes(): Uint8Array {
    if (this.#mask === undefined) return this.#bytes.subarray(this.#start, this.#start + this.length);
    const copy = Buffer.allocUnsafe(this.length);
    this.copyTo(copy, 0, 0, this.length);
    return copy;
  }

  /** Copies `count` unmasked bytes that begin at `from`. */
  copyTo(target: Uint8Array, targetAt: number, from: number, count: number): void {
    const mask = this.#mask;
    if (mask === undefined) {
      target.set(this.#bytes.subarray(this.#start + from, this.#start + from + count), targetAt);
      return;
    }
    const source = this.#start + from;
    const phase = this.#phase + from;
    for (let index = 0; index < count; index += 1)
      target[targetAt + index] = this.#bytes[source + index]! ^ mask[(phase + index) & 3]!;
  }
}
