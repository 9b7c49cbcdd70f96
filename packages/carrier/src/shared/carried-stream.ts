import { constants, type Http2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { CarrierError } from './carrier-error.ts';

/**
 * A byte stream in a carrier, with the manners of a socket. It waits for `attach` to get what it consists of, and holds
 * what is written until then.
 *
 * Node.js ends a stream of HTTP/2 as if it were complete when it is reset or the connection is lost. Here only the end
 * that the peer has sent is an end. Everything else is an error, so no truncated response counts as whole.
 */
export class CarriedStream extends Duplex {
  #inner: Http2Stream | undefined;
  #whenAttached: (() => void) | undefined;
  #received = 0;
  #hasEnded = false;
  #idle: NodeJS.Timeout | undefined;
  /** As that of a socket, in milliseconds. */
  timeout = 0;
  /** Until the address is connected. */
  connecting = true;

  constructor() {
    super({ allowHalfOpen: true });
  }

  /** Begins to pass bytes. `describe` says what it means that the stream was reset. */
  attach(inner: Http2Stream, describe: (cause: Error | undefined) => Error): void {
    this.#inner = inner;
    let cause: Error | undefined;
    const fail = () => this.destroy(describe(cause));
    inner.on('error', (error) => {
      cause = error;
    });
    inner.on('close', () => {
      if (!this.#hasEnded || !inner.writableFinished) fail();
    });
    if (this.destroyed) return this.#abort(inner);
    inner.on('aborted', fail);
    inner.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      this.#idle?.refresh();
      if (!this.push(chunk)) inner.pause();
    });
    inner.on('end', () => {
      if (inner.aborted || inner.rstCode !== constants.NGHTTP2_NO_ERROR) return fail();
      this.#hasEnded = true;
      this.push(null);
    });
    this.#whenAttached?.();
  }

  /** Reports that the address is connected. */
  connected(): void {
    if (this.destroyed || !this.connecting) return;
    this.connecting = false;
    this.emit('connect');
  }

  /** Returns the bytes that wait here: to be read, and to be sent. */
  get waiting(): number {
    const own = this.readableLength + this.writableLength;
    const inner = this.#inner as (Http2Stream & { bufferSize: number }) | undefined;
    return inner ? own + inner.readableLength + inner.bufferSize : own;
  }

  /** Returns how many bytes have arrived. */
  get arrived(): number {
    return this.#received + (this.#inner?.readableLength ?? 0);
  }

  /** Reports whether the peer has sent its end, so that nothing more is on its way. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#idle?.refresh();
    this.#attached((inner) => inner.write(chunk, encoding, done));
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    this.#attached((inner) => {
      inner.cork();
      for (const [at, { chunk, encoding }] of chunks.entries())
        inner.write(chunk, encoding, at === chunks.length - 1 ? done : undefined);
      inner.uncork();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#attached((inner) => inner.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    if (this.#inner) this.#abort(this.#inner);
    done(error);
  }

  /** Emits 'timeout' after this time without a byte, as a socket does. */
  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms;
    clearTimeout(this.#idle);
    this.#idle = ms > 0 && !this.destroyed ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined;
    if (listener && ms > 0) this.once('timeout', listener);
    else if (listener) this.off('timeout', listener);
    return this;
  }

  // What sockets have, and clients call. Keep-alive and Nagle's algorithm are matters of the connector's own socket.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  #attached(act: (inner: Http2Stream) => void): void {
    if (this.#inner) act(this.#inner);
    else this.#whenAttached = () => act(this.#inner!);
  }

  /** Only the destruction with an error resets a stream without sending its end first. */
  #abort(inner: Http2Stream): void {
    const isOver = this.readableEnded && this.writableFinished;
    if (!isOver && !inner.destroyed) inner.destroy(new CarrierError('reset', 'the stream was given up'));
  }
}
