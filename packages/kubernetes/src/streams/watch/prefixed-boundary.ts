import type { BoundaryTracker } from './boundary-tracker.ts';

/** Tracks records that follow their length as a big-endian 32-bit number (a protobuf watch). */
export class PrefixedBoundary implements BoundaryTracker {
  #prefix = 0;
  #filled = 0;
  #left = 0;

  get atBoundary(): boolean {
    return this.#filled === 0 && this.#left === 0;
  }

  push(bytes: Uint8Array): number | undefined {
    let boundary: number | undefined;
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, bytes.length - at);
        this.#left -= count;
        at += count;
      } else {
        this.#takePrefix(bytes[at]!);
        at += 1;
      }
      if (this.atBoundary) boundary ??= at;
    }
    return boundary;
  }

  copy(): PrefixedBoundary {
    const copy = new PrefixedBoundary();
    copy.#prefix = this.#prefix;
    copy.#filled = this.#filled;
    copy.#left = this.#left;
    return copy;
  }

  #takePrefix(byte: number): void {
    this.#prefix = this.#prefix * 256 + byte;
    this.#filled += 1;
    if (this.#filled < 4) return;
    this.#left = this.#prefix;
    this.#prefix = 0;
    this.#filled = 0;
  }
}
