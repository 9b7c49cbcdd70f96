import type { OutgoingHttpHeaders } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import { checkField } from '@sallyport/http1';

/** Fields that HTTP/2 does not have (RFC 9113, 8.2.2). */
const ofConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** Statuses without a body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5). */
const withoutBody = new Set([204, 205, 304]);

const blanks = /^[\t ]+|[\t ]+$/g;

/** The response of a stream, with what the roads use of a ServerResponse. */
export class StreamResponse extends Writable {
  sendDate = true;
  shouldKeepAlive = true;
  headersSent = false;
  readonly #stream: ServerHttp2Stream;
  /** The status and the fields, until they are sent. */
  #head: (string | number)[] = [];
  readonly #isHead: boolean;
  readonly #set: string[] = [];
  #trailers: readonly [string, string][] = [];
  #hasLength = false;
  /** Set with the head of a response that has no body. Node.js has ended the stream. */
  #hasNoBody = false;

  /** `isHead`: whether the request asks for a head only. */
  constructor(stream: ServerHttp2Stream, isHead: boolean) {
    super();
    this.#stream = stream;
    this.#isHead = isHead;
    stream.on('close', () => this.destroy());
    // What fails is the stream, which closes.
    this.on('error', () => {});
  }

  setHeader(name: string, value: string): this {
    this.#set.push(name, value);
    return this;
  }

  /** Takes the head, with lines as names and values in turn. It goes out with what follows it. */
  writeHead(status: number, headers: readonly string[] | OutgoingHttpHeaders = []): this {
    this.headersSent = true;
    this.#head = [':status', status];
    this.#addFields(this.#set);
    this.#addFields(
      Array.isArray(headers)
        ? (headers as readonly string[])
        : Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, String(one)])),
    );
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(200);
    const head = this.#head;
    const stream = this.#stream;
    if (head.length === 0 || stream.destroyed) return;
    this.#head = [];
    this.#hasNoBody = this.#isHead || withoutBody.has(head[1] as number);
    // A body of a known length has no trailers. Without them, its last frame ends the stream.
    const waitForTrailers = !this.#hasNoBody && !this.#hasLength;
    const options = { endStream: this.#hasNoBody, waitForTrailers, sendDate: this.sendDate };
    if (waitForTrailers) stream.once('wantTrailers', () => this.#sendTrailers());
    try {
      // The types of Node.js leave out that fields may be a list.
      stream.respond(head as never, options as never);
    } catch {
      this.destroy(); // a status above 599, which Node.js does not send
    }
  }

  writeContinue(): void {
    if (!this.#stream.destroyed) this.#stream.additionalHeaders({ ':status': 100 });
  }

  addTrailers(fields: readonly [string, string][]): void {
    this.#trailers = fields;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.flushHeaders();
    // At once, so that an end that follows at once goes out in the frame of the last bytes.
    if (this.#hasNoBody || this.#stream.write(chunk)) done();
    else this.#stream.once('drain', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.flushHeaders();
    if (this.#hasNoBody) done();
    else this.#stream.end(done);
  }

  /** Ends a response that is not complete so that it does not look so. `close` would end the stream first. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.writableFinished && !this.#stream.destroyed) this.#stream.destroy(new Error('the response is cut off'));
    done(error);
  }

  /** Node.js does not check what it sends, and drops a value with blanks around it. */
  #addFields(lines: readonly string[]): void {
    for (let at = 0; at < lines.length; at += 2) {
      const [name, value] = [lines[at]!.toLowerCase(), lines[at + 1]!.replaceAll(blanks, '')];
      if (ofConnection.has(name)) continue;
      checkField(name, value);
      this.#hasLength ||= name === 'content-length';
      this.#head.push(name, value);
    }
  }

  /** Always sends some, though there may be no field: without them Node.js does not end the stream. */
  #sendTrailers(): void {
    const fields: Record<string, string[]> = {};
    for (const [name, value] of this.#trailers) (fields[name.toLowerCase()] ??= []).push(value);
    this.#stream.sendTrailers(fields);
  }
}
