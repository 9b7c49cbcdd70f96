import { ChunkedReader } from './chunked-reader.ts';
import { HeadBuffer } from './head-buffer.ts';
import { Http1Error } from './http1-error.ts';
import { readResponseHead, type ResponseHead } from './response-head.ts';

/** Receives the parts of a response, in order. Data is a copy that may be kept. */
export type ResponseListener = {
  onHead(head: ResponseHead): void;
  onData(chunk: Buffer): void;
  onEnd(trailers: readonly string[]): void;
};

const maxHeadBytes = 65_536;
const maxInterim = 16;

/** Reads one response from the bytes of a connection. Must not be used again after it threw an Http1Error. */
export class ResponseReader {
  readonly #method: string;
  readonly #listener: ResponseListener;
  #head: ResponseHead | undefined;
  /** The head so far, if it arrives in pieces. */
  #pending: HeadBuffer | undefined;
  #left = 0;
  #chunks: ChunkedReader | undefined;
  #interim = 0;
  #stopped = false;

  constructor(method: string, listener: ResponseListener) {
    this.#method = method;
    this.#listener = listener;
  }

  /** The final head, after it was read. */
  get head(): ResponseHead | undefined {
    return this.#head;
  }

  /** Stops calling the listener. */
  stop(): void {
    this.#stopped = true;
  }

  /** Reads `bytes` up to `end`. Returns where the response ended, or -1 if it continues. Does not keep `bytes`. */
  push(bytes: Buffer, end: number): number {
    let at = 0;
    while (!this.#head) {
      at = this.#readHead(bytes, at, end);
      if (at < 0 || this.#stopped) return -1;
    }
    const { framing } = this.#head;
    if (framing === 'none') return this.#finish(at);
    if (at >= end) return -1;
    if (framing === 'chunked') return this.#readChunks(bytes, at, end);
    if (framing === 'until-close') {
      this.#tell(bytes, at, end);
      return -1;
    }
    const until = Math.min(end, at + this.#left);
    this.#left -= until - at;
    this.#tell(bytes, at, until);
    return this.#left === 0 ? this.#finish(until) : -1;
  }

  /** Handles the end of the connection. Reports whether it is the end of the response. */
  pushEnd(): boolean {
    if (this.#head?.framing !== 'until-close') return false;
    this.#finish(0);
    return true;
  }

  /** Returns where the head ended, or -1 if it is incomplete. An interim response (1xx) sets no head. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const pending = this.#pending;
    const before = pending?.length ?? 0;
    // Bytes after `end` are left over from an earlier read and must not be searched.
    const found = pending
      ? pending.add(bytes, start, end)
      : bytes.subarray(start, end).indexOf('\r\n\r\n', 0, 'latin1');
    if ((found >= 0 ? found : before + end - start) > maxHeadBytes)
      throw new Http1Error('MALFORMED', 'the response has a head that is too large');
    if (found < 0) {
      if (!pending) (this.#pending = new HeadBuffer()).add(bytes, start, end);
      return -1;
    }
    this.#pending = undefined;
    this.#take(
      readResponseHead(pending ? pending.text(found) : bytes.toString('latin1', start, start + found), this.#method),
    );
    return start + found + 4 - before;
  }

  #take(head: ResponseHead): void {
    if (head.status === 101) throw new Http1Error('MALFORMED', 'the response switches protocols without being asked');
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > maxInterim) throw new Http1Error('MALFORMED', 'the response has too many interim responses');
      return;
    }
    this.#head = head;
    this.#left = head.length;
    if (head.framing === 'chunked') this.#chunks = new ChunkedReader();
    this.#listener.onHead(head);
  }

  #readChunks(bytes: Buffer, start: number, end: number): number {
    const chunks = this.#chunks!;
    const at = chunks.read(bytes, start, end, (from, until) => this.#tell(bytes, from, until));
    return chunks.done ? this.#finish(at) : -1;
  }

  #tell(bytes: Buffer, start: number, end: number): void {
    if (!this.#stopped && end > start) this.#listener.onData(Buffer.from(bytes.subarray(start, end)));
  }

  #finish(at: number): number {
    if (!this.#stopped) this.#listener.onEnd(this.#chunks?.trailers ?? []);
    return at;
  }
}
