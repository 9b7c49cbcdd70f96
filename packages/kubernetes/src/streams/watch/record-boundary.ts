import type { Status } from '../../status/status.ts';

/** Tracks the records of a format in a stream of bytes. */
type BoundaryTracker = {
  readonly atBoundary: boolean;
  /** Adds the next bytes. Returns how many of them (at least one) lead to the first boundary, if there is one. */
  push(bytes: Uint8Array): number | undefined;
  /** Returns an independent copy. */
  copy(): BoundaryTracker;
};

const [newline, opening, closing] = [0x0a, 0x7b, 0x7d];

/**
 * Tracks JSON objects that end with their line. A line from `{` to `}` is a record. Any other line opens a record of
 * several lines (pretty output), which ends with `}` alone on its line. JSON strings contain no line breaks, so lines are
 * found without parsing JSON.
 */
class LineBoundary implements BoundaryTracker {
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

/** Tracks records that follow their length as a big-endian 32-bit number (a protobuf watch). */
class PrefixedBoundary implements BoundaryTracker {
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

/** Returns the last event of a JSON watch. Clients show its Status and end. */
export function watchErrorEvent(status: Status): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
}

/** Tracks where the records in the body of a watch end. Keeps nothing of the body. */
export type RecordBoundary = {
  /** Adds the next bytes of the body, without transfer and content codings. */
  push(bytes: Uint8Array): void;
  /** True before the first byte and after each record. */
  readonly atBoundary: boolean;
  /**
   * Returns how many of the next bytes complete the current record: 0 at a boundary; undefined if they do not contain its
   * end. Does not add them.
   */
  boundaryIn(bytes: Uint8Array): number | undefined;
  /**
   * Returns the record that tells the client why the watch ends, to be sent at a boundary; undefined if the format has
   * none, so that the body just ends.
   */
  errorEvent(status: Status): Buffer | undefined;
};

/**
 * Creates the tracker for the response of a watch, by its Content-Type: JSON (an event per line) or protobuf (an event
 * after its length). Undefined for other types and compressed bodies, where boundaries are unknown.
 */
export function createRecordBoundary(
  contentType: string | undefined,
  contentEncoding?: string,
): RecordBoundary | undefined {
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') return undefined;
  const mediaType = contentType?.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType === 'application/json') return boundaryOf(new LineBoundary(), watchErrorEvent);
  if (mediaType === 'application/vnd.kubernetes.protobuf') return boundaryOf(new PrefixedBoundary(), () => undefined);
  return undefined;
}

function boundaryOf(tracker: BoundaryTracker, errorEvent: RecordBoundary['errorEvent']): RecordBoundary {
  return {
    push: (bytes) => void tracker.push(bytes),
    get atBoundary() {
      return tracker.atBoundary;
    },
    boundaryIn: (bytes) => (tracker.atBoundary ? 0 : tracker.copy().push(bytes)),
    errorEvent,
  };
}
