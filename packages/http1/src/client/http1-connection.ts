import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { errorOf, sendBody, type BodySender } from './body-sender.ts';
import type { Http1Flow, Http1Handler, Http1Message } from './http1-handler.ts';
import { Http1Error } from '../wire/http1-error.ts';
import type { ResponseHead } from '../wire/response-head.ts';
import { ResponseReader, type ResponseListener } from '../wire/response-reader.ts';

type ConnectionDeps = {
  /** A response was read to its end, so that the next request may be sent. */
  onIdle(connection: Http1Connection): void;
  onGone(connection: Http1Connection): void;
};

/** All connections read into this buffer. Its content is copied before the next read, and idle connections need none. */
const shared = Buffer.allocUnsafeSlow(65_536);

type Current = {
  message: Http1Message;
  handler: Http1Handler;
  reader: ResponseReader;
  timer: NodeJS.Timeout | undefined;
  answered: boolean;
  flow: Http1Flow;
  /** Set until a streamed body has been sent. */ sending: BodySender | undefined;
};

/** One connection, and at most one exchange on it at a time. */
export class Http1Connection {
  readonly #deps: ConnectionDeps;
  #socket: Socket | undefined;
  #current: Current | undefined;
  #served = 0;
  #paused = false;
  #gone = false;
  /** Whether what carries the connection ends soon, so that no further request may begin on it. */
  #draining = false;
  /** Milliseconds of the monotonic clock after which an idle connection is not used again. */
  idleUntil = 0;
  /** The idle time that the server announced with its last response, in seconds. */
  idleSeconds: number | undefined;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  /** For the socket's `onread`, so that no stream buffers the bytes. */
  get onread(): { buffer: Buffer; callback(bytes: number): boolean } {
    return { buffer: shared, callback: (bytes) => this.#read(bytes) };
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    let cause: Error | undefined;
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('end', () => this.#ended());
    socket.once('draining', () => this.#drain());
    socket.on('close', () => this.#close(cause));
  }

  /** Writes a request. The connection must be idle. */
  send(message: Http1Message, handler: Http1Handler): void {
    const current: Current = {
      message,
      handler,
      reader: new ResponseReader(message.method, this.#listenerFor(handler)),
      timer: undefined,
      answered: false,
      flow: this.#flowFor(handler),
      sending: undefined,
    };
    this.#current = current;
    handler.onStart(current.flow);
    if (this.#current !== current) return; // aborted
    const socket = this.#socket!;
    const { head, body } = message;
    if (typeof body === 'object' && !Buffer.isBuffer(body)) return this.#stream(current, body);
    this.#awaitHead(current);
    if (body === undefined) return void socket.write(head, 'latin1');
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }

  destroy(): void {
    this.#socket?.destroy();
    this.#close(undefined);
  }

  #awaitHead(current: Current): void {
    const { headersTimeoutMs } = current.message;
    if (headersTimeoutMs === 0 || current.reader.head) return;
    clearTimeout(current.timer);
    current.timer = setTimeout(
      () => this.#fail(new Http1Error('HEADERS_TIMEOUT', 'no response in time')),
      headersTimeoutMs,
    );
  }

  #stream(current: Current, body: Readable): void {
    const { head, bodyLength } = current.message;
    if (body.destroyed) return this.#fail(errorOf(body));
    this.#socket!.write(head, 'latin1');
    // A slow client does not use up the server's time, which runs only while the server does not read, and after the
    // end of the body.
    current.sending = sendBody(this.#socket!, body, bodyLength, {
      onFull: () => this.#awaitHead(current),
      onDrain: () => clearTimeout(current.timer),
      onSent: () => {
        current.sending = undefined;
        this.#awaitHead(current);
      },
      onFail: (error) => this.#fail(error),
    });
  }

  #flowFor(handler: Http1Handler): Http1Flow {
    const mine = () => this.#current?.handler === handler;
    return {
      pause: () => {
        if (!mine() || this.#paused) return;
        this.#paused = true;
        this.#socket?.pause();
      },
      resume: () => {
        if (mine()) this.#resume();
      },
      abort: () => {
        if (!mine()) return;
        this.#take();
        this.destroy();
      },
    };
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resume();
  }

  #listenerFor(handler: Http1Handler): ResponseListener {
    return {
      onHead: (head: ResponseHead) => {
        clearTimeout(this.#current?.timer);
        this.idleSeconds = head.idleSeconds;
        handler.onHead(head.status, head.lines);
      },
      onData: (chunk) => handler.onData(chunk),
      onEnd: (trailers) => {
        this.#take();
        handler.onEnd(trailers);
      },
    };
  }

  /** Detaches the exchange from the connection. Its handler is not called again. */
  #take(): Current | undefined {
    const current = this.#current;
    this.#current = undefined;
    clearTimeout(current?.timer);
    current?.reader.stop();
    current?.sending?.stop();
    return current;
  }

  #read(bytes: number): boolean {
    const current = this.#current;
    // Unrequested bytes could be taken for the next response.
    if (!current) {
      this.destroy();
      return false;
    }
    current.answered = true;
    let end: number;
    let sent: boolean;
    try {
      sent = current.sending === undefined;
      end = current.reader.push(shared, bytes);
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    // After an early response, the rest of the request body would be taken for the next request.
    if (end >= 0) this.#finish(current.reader.head!.keepAlive && end === bytes && sent);
    return !this.#paused;
  }

  #finish(reusable: boolean): void {
    if (this.#gone) return;
    if (!reusable || this.#draining) return this.destroy();
    this.#served += 1;
    this.#resume();
    this.#deps.onIdle(this);
  }

  #fail(error: Error): void {
    const current = this.#take();
    this.destroy();
    current?.handler.onError(error, this.#served > 0 && !current.answered);
  }

  #drain(): void {
    this.#draining = true;
    if (!this.#current && this.#served > 0) this.destroy();
  }

  #ended(): void {
    // An idle connection that is ending must not be used for the next request: it can no longer be written to.
    if (!this.#current || this.#current.reader.pushEnd()) return this.destroy();
    // The socket closes by itself (no half-open connections), which calls #close.
  }

  #close(cause: Error | undefined): void {
    if (!this.#gone) {
      this.#gone = true;
      this.#deps.onGone(this);
    }
    if (this.#current)
      this.#fail(cause ?? new Http1Error('CLOSED', 'the connection was closed before the response was complete'));
  }
}
