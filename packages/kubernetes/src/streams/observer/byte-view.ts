/**
 * A stretch of bytes as they came, masked or not (RFC 6455, 5.3). Whoever skips it pays nothing; only what is asked for
 * is unmasked. It is valid until the call that it was handed to returns.
 */
export class ByteView {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #mask: Uint8Array | undefined;
  readonly #phase: number;
  /** Bytes in the view. */
  readonly length: number;

  /** The bytes from `start` (included) to `end` (not included); `phase` is where in the masked payload `start` lies. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, mask?: Uint8Array, phase = 0) {
    this.#bytes = bytes;
    this.#start = start;
    this.#mask = mask;
    this.#phase = phase & 3;
    this.length = end - start;
  }

  /** The byte at a place, unmasked. */
  at(index: number): number {
    const byte = this.#bytes[this.#start + index]!;
    return this.#mask === undefined ? byte : byte ^ this.#mask[(this.#phase + index) & 3]!;
  }

  /** The part from `from` (included) to `to` (not included). */
  part(from: number, to = this.length): ByteView {
    return new ByteView(this.#bytes, this.#start + from, this.#start + to, this.#mask, this.#phase + from);
  }

  /** Copies `count` bytes from `from` on, unmasked. */
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
