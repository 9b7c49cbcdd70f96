import { Http1Error } from './http1-error.ts';
import { readFieldLine } from './response-head.ts';

const malformed = (what: string) => new Http1Error('MALFORMED', `the chunked response ${what}`);

/** Maximum bytes of a chunk-size line with its extensions, and of all trailers together. */
const maxLine = 4096;
const maxTrailers = 16_384;

const sizeLine = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Decodes the chunked coding (RFC 9112, 7.1) from bytes in pieces of any size. */
export class ChunkedReader {
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';
  #line = '';
  #left = 0;
  #trailerBytes = 0;
  readonly trailers: string[] = [];

  get done(): boolean {
    return this.#state === 'done';
  }

  /**
   * Reads from `start` to at most `end` and passes the positions of data in `bytes` to `onData`. Returns where it
   * stopped: `end`, or after the last byte of the body. Throws Http1Error.
   */
  read(bytes: Buffer, start: number, end: number, onData: (start: number, end: number) => void): number {
    let at = start;
    while (at < end && this.#state !== 'done') {
      if (this.#state === 'data') {
        const until = Math.min(end, at + this.#left);
        this.#left -= until - at;
        if (this.#left === 0) this.#state = 'data-end';
        onData(at, until);
        at = until;
      } else {
        at = this.#readLine(bytes, at, end);
      }
    }
    return at;
  }

  #readLine(bytes: Buffer, start: number, end: number): number {
    // Bytes after `end` are left over from an earlier read and must not be searched.
    const lineFeed = bytes.subarray(start, end).indexOf(0x0a);
    const complete = lineFeed >= 0;
    const until = complete ? start + lineFeed + 1 : end;
    this.#line += bytes.toString('latin1', start, until);
    if (this.#line.length > maxLine) throw malformed('has a line that is too long');
    if (!complete) return until;
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) throw malformed('has a line that does not end in CR LF');
    this.#take(line.slice(0, -2));
    return until;
  }

  #take(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw malformed('has a chunk that is longer than its size');
      this.#state = 'size';
    } else if (this.#state === 'trailers') {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > maxTrailers) throw malformed('has too many trailers');
      if (line === '') this.#state = 'done';
      else readFieldLine(line, this.trailers);
    } else {
      const match = sizeLine.exec(line);
      if (!match) throw malformed('has a chunk without a size');
      this.#left = Number.parseInt(match[1]!, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'data';
    }
  }
}
