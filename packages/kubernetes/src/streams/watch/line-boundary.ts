import type { BoundaryTracker } from './boundary-tracker.ts';

const [newline, opening, closing] = [0x0a, 0x7b, 0x7d];

/**
 * Tracks JSON objects that end with their line. A line from `{` to `}` is a record. Any other line opens a record of
 * several lines (pretty output), which ends with `}` alone on its line. JSON strings contain no line breaks, so lines are
 * found without parsing JSON.
 */
export class LineBoundary implements BoundaryTracker {
  #inside = false;
  #length = 0;
  #first = 0;
  #last = 0;

  get atBoundary(): boolean {
    return this.#length === 0 && !this.#inside;
  }

  push(bytes: Uint8Array): number | undefined {
    let boundary: number | undefined;
    for (let at = 0; at < bytes.length;) {
      const found = bytes.indexOf(newline, at);
      const end = found === -1 ? bytes.length : found;
      this.#extend(bytes, at, end);
      if (found === -1) break;
      this.#endLine();
      at = end + 1;
      if (!this.#inside) boundary ??= at;
    }
    return boundary;
  }

  copy(): LineBoundary {
    const copy = new LineBoundary();
    copy.#inside = this.#inside;
    copy.#length = this.#length;
    copy.#first = this.#first;
    copy.#last = this.#last;
    return copy;
  }

  #extend(bytes: Uint8Array, at: number, end: number): void {
    if (end === at) return;
    if (this.#length === 0) this.#first = bytes[at]!;
    this.#length += end - at;
    this.#last = bytes[end - 1]!;
  }

  #endLine(): void {
    if (this.#inside) this.#inside = !(this.#length === 1 && this.#last === closing);
    else this.#inside = this.#length > 0 && !(this.#length > 1 && this.#first === opening && this.#last === closing);
    this.#length = 0;
  }
}
