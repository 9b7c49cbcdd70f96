import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { errorOf, sendBody, type BodySender } from './body-sender.ts';
import { Http1Error } from './http1-error.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseReader, type ResponseListener } from './response-reader.ts';

/**
 * What becomes of one request: `onHead`, any number of `onData`, then `onEnd`; or `onError` at any moment. Nothing
 * after `onEnd`, `onError` or an abort.
 */
export type Http1Handler = {
  /**
   * `flow` steers the request from here on. Told when it begins to wait for a connection of its own, if it has to, and
   * again when it is about to be written on one.
   */
  onStart(flow: Http1Flow): void;
  /** `lines`: flat, one character a byte. */
  onHead(status: number, lines: string[]): void;
  /** A copy of its own, which may be kept. */
  onData(chunk: Buffer): void;
  /** Trailer lines, flat. */
  onEnd(trailers: readonly string[]): void;
  /**
   * `unanswered`: the connection had been used before and died without a byte in answer, so that a request which
   * changes nothing may be sent again.
   */
  onError(error: Error, unanswered: boolean): void;
};

export type Http1Flow = { pause(): void; resume(): void; abort(): void };

/** The request as it goes on the wire. */
export type Http1Message = {
  readonly method: string;
  readonly head: string;
  readonly body: string | Buffer | Readable | undefined;
  readonly bodyLength: number | undefined;
  readonly headersTimeoutMs: number;
};

type ConnectionDeps = {
  /** Has an answer been read to its end, so that the next request may go. */
  onIdle(connection: Http1Connection): void;
  onGone(connection: Http1Connection): void;
};

/**
 * All connections read into this one: what is in it is copied or gone before the next read, and an idle one holds no
 * buffer of its own.
 */
const shared = Buffer.allocUnsafeSlow(65_536);

type Current = {
  message: Http1Message;
  handler: Http1Handler;
  reader: ResponseReader;
  timer: NodeJS.Timeout | undefined;
  answered: boolean;
  flow: Http1Flow;
  /** Of a body that is not yet sent whole. */ sending: BodySender | undefined;
};

/** One connection, and at most one exchange on it at a time. */
export class Http1Connection {
  readonly #deps: ConnectionDeps;
  #socket: Socket | undefined;
  #current: Current | undefined;
  #served = 0;
  #paused = false;
  #gone = false;
  /** Milliseconds of the monotonic clock after which an idle connection is not used again. */
  idleUntil = 0;
  /** What the other side said of it with its last answer, in seconds. */
  idleSeconds: number | undefined;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  /** For the socket's `onread`: no stream buffers what comes. */
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
    socket.on('close', () => this.#close(cause));
  }

  /** Writes a request; the connection must be idle. */
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
      () => this.#fail(new Http1Error('HEADERS_TIMEOUT', 'no answer in time')),
      headersTimeoutMs,
    );
  }

  #stream(current: Current, body: Readable): void {
    const { head, bodyLength } = current.message;
    if (body.destroyed) return this.#fail(errorOf(body));
    this.#socket!.write(head, 'latin1');
    // A client that sends slowly takes none of the time that the other side has: that side is waited for while it does
    // not read, and from the end of the body on.
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

  /** Takes the exchange off the connection: it is told nothing more. */
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
    // Bytes that nobody asked for could be taken for the next answer.
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
    // Behind an answer that came early the rest of the body would be taken for the next request.
    if (end >= 0) this.#finish(current.reader.head!.keepAlive && end === bytes && sent);
    return !this.#paused;
  }

  #finish(reusable: boolean): void {
    if (this.#gone) return;
    if (!reusable) return this.destroy();
    this.#served += 1;
    this.#resume();
    this.#deps.onIdle(this);
  }

  #fail(error: Error): void {
    const current = this.#take();
    this.destroy();
    current?.handler.onError(error, this.#served > 0 && !current.answered);
  }

  #ended(): void {
    // An idle one must not be taken for the next request while its end is under way: nothing can be written to it any
    // more.
    if (!this.#current || this.#current.reader.pushEnd()) return this.destroy();
    // The socket closes by itself (no half-open connections), and says so.
  }

  #close(cause: Error | undefined): void {
    if (!this.#gone) {
      this.#gone = true;
      this.#deps.onGone(this);
    }
    if (this.#current)
      this.#fail(cause ?? new Http1Error('CLOSED', 'the connection was closed before the answer was whole'));
  }
}
