const initialBytes = 1024;

/** Collects the pieces of a head. Its size doubles, so that a head that arrives byte by byte is copied only a few times. */
export class HeadBuffer {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a piece and returns the position of the empty line that ends the head, or -1. Searches no byte twice. */
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

  /** Returns the first `length` bytes as text, one character per byte. */
  text(length: number): string {
    return this.#bytes.toString('latin1', 0, length);
  }
}
