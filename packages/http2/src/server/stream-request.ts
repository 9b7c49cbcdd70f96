import type { IncomingHttpHeaders } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { RequestHead } from './read-head.ts';

/** What is known of a body: whether the client has sent the end of it. */
export type Body = { hasEnded: boolean };

/** A request of a stream, with what the roads use of an IncomingMessage. */
export class StreamRequest extends Readable {
  readonly httpVersion = '2.0';
  /** Tells it from a request whose first line says that it is HTTP/2. */
  readonly isStream = true;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly socket: TLSSocket;
  /** Whether all of the body has arrived. A body that was cut off never has. */
  complete: boolean;
  readonly #stream: ServerHttp2Stream;
  #headers: IncomingHttpHeaders | undefined;

  constructor(stream: ServerHttp2Stream, socket: TLSSocket, head: RequestHead, body: Body | undefined) {
    super({ autoDestroy: false, highWaterMark: 65_536 });
    this.method = head.method;
    this.url = head.path;
    this.rawHeaders = head.lines;
    this.socket = socket;
    this.complete = body === undefined;
    this.#stream = stream;
    if (body) this.#readBody(body);
    else this.push(null);
  }

  /** The headers, joined as Node.js does it for HTTP/1.1. */
  get headers(): IncomingHttpHeaders {
    return (this.#headers ??= joined(this.rawHeaders));
  }

  #readBody(body: Body): void {
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    const finish = () => {
      if (!body.hasEnded) return;
      this.complete = true;
      this.push(null);
    };
    // An empty body has ended by now.
    if (stream.readableEnded) finish();
    else stream.on('end', finish);
    stream.on('close', () => {
      this.destroy(this.complete ? undefined : new Error('the client has given up the request'));
    });
  }

  override _read(): void {
    if (!this.complete) this.#stream.resume();
  }

  /** Gives up the rest of the body. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.complete) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    // As with an IncomingMessage, an error that nothing listens to ends nothing else.
    done(this.listenerCount('error') > 0 ? error : null);
  }
}

/** Fields of which Node.js keeps the first. */
const single = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
);

function joined(lines: readonly string[]): IncomingHttpHeaders {
  const headers = Object.create(null) as Record<string, string>;
  for (let at = 0; at < lines.length; at += 2) {
    const [name, value] = [lines[at]!, lines[at + 1]!];
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (!single.has(name)) headers[name] = `${before}, ${value}`;
  }
  return headers;
}
