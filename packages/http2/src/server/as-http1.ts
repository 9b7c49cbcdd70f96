import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { ResponseReader } from '@sallyport/http1';
import type { StreamRequest } from './stream-request.ts';
import type { StreamResponse } from './stream-response.ts';

/** Writes the head of a request. What waits for `100 Continue` was told to go on. */
function headOf({ method, url, rawHeaders }: StreamRequest): string {
  let text = `${method} ${url} HTTP/1.1\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at] !== 'expect') text += `${rawHeaders[at]!}: ${rawHeaders[at + 1]!}\r\n`;
  return `${text}connection: close\r\n\r\n`;
}

const pairsOf = (lines: readonly string[]): [string, string][] =>
  Array.from({ length: lines.length / 2 }, (_, index) => [lines[2 * index]!, lines[2 * index + 1]!]);

/** One stream as a connection of HTTP/1.1 with one request. */
class StreamConnection extends Duplex {
  readonly encrypted = true;
  readonly carrier: TLSSocket;
  readonly remoteAddress: string | undefined;
  bytesWritten = 0;
  readonly #request: StreamRequest;
  readonly #response: StreamResponse;
  readonly #reader: ResponseReader;

  constructor(request: StreamRequest, response: StreamResponse) {
    super();
    this.carrier = request.socket;
    this.remoteAddress = request.socket.remoteAddress;
    this.#request = request;
    this.#response = response;
    this.#reader = new ResponseReader(request.method, {
      onHead({ status, lines }) {
        response.sendDate = false;
        response.writeHead(status, lines).flushHeaders();
      },
      onData: (chunk) => void response.write(chunk),
      onEnd(trailers) {
        response.addTrailers(pairsOf(trailers));
        response.end();
      },
    });
    if (request.headers.expect !== undefined) response.writeContinue();
    this.push(headOf(request), 'latin1');
    if (!request.complete) this.#carryBody();
    // The rest of a body whose request was answered may still arrive.
    response.once('close', () => {
      if (request.complete || !response.writableFinished) this.destroy();
    });
  }

  #carryBody(): void {
    const request = this.#request;
    const chunked = request.headers['transfer-encoding'] !== undefined;
    request.on('data', (chunk: Buffer) => {
      if (chunked) this.push(`${chunk.length.toString(16)}\r\n`);
      const more = this.push(chunk);
      if (chunked) this.push('\r\n');
      if (!more) request.pause();
    });
    request.on('end', () => {
      if (chunked) this.push('0\r\n\r\n');
    });
    request.on('error', () => {});
    request.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#request.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytesWritten += chunk.length;
    try {
      this.#reader.push(chunk, chunk.length);
    } catch {
      this.destroy();
      return done();
    }
    if (this.#response.writableNeedDrain) this.#response.once('drain', done);
    else done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#reader.pushEnd();
    if (!this.#response.writableEnded) this.#response.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#response.writableEnded) this.#response.destroy();
    if (!this.#request.complete) this.#request.destroy();
    done(error);
  }
}

/** Returns the connection beneath a socket: that of its stream, or the socket itself. */
export function carrierOf<S extends Duplex>(socket: S): S | TLSSocket {
  return socket instanceof StreamConnection ? socket.carrier : socket;
}

/**
 * Returns a connection with the request of a stream, for a server of HTTP/1.1. Costs more than the request itself. It is
 * for what needs a real IncomingMessage.
 */
export function asHttp1(request: StreamRequest, response: StreamResponse): Duplex {
  return new StreamConnection(request, response);
}
