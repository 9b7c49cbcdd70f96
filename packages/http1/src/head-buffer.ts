const smallest = 1024;

/**
 * Gathers the pieces of a head. Its room doubles, so that a head which comes byte by byte is copied a few times and not
 * anew with each byte.
 */
export class HeadBuffer {
  #bytes = Buffer.allocUnsafe(smallest);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * Adds a piece and returns where in all that was gathered the empty line begins that ends a head, or -1. What was
   * searched before is not searched again.
   */
  add(bytes: Buffer, start: number, end: number): number {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    const searched = Math.max(0, this.#length - 3);
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
    const found = this.#bytes.subarray(searched, needed).indexOf('\r\n\r\n', 0, 'latin1');
    return found < 0 ? -1 : searched + found;
  }

  /** The first `length` bytes as text, one character a byte. */
  text(length: number): string {
    return this.#bytes.toString('latin1', 0, length);
  }
}
