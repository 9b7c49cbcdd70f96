import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { Http1Error, type Http1Handler } from '@sallyport/http1';
import { carryResponse } from './carry-response.ts';
import { giveUpSilent } from './give-up-silent.ts';
import { writeFields, type BodilessRequest } from './write-fields.ts';

/** A request that waits for its connection. */
type Waiting = { request: BodilessRequest; handler: Http1Handler };

export type SharedConnectionDeps = {
  authority: string;
  /** Opens a TLS connection that offers HTTP/2. It may emit `draining` before its end. */
  connect(): TLSSocket;
  connectTimeoutMs: number;
  /** How long it stays open without a stream, in milliseconds. */
  idleMs: number;
  /** Milliseconds between pings. */
  pingMs: number;
  /**
   * Is called when the protocol is known, with the requests to send in another way: the server takes fewer streams, or
   * does not speak HTTP/2 at all.
   */
  onNegotiated(waiting: readonly Waiting[], speaksHttp2: boolean): void;
  onGone(connection: SharedConnection): void;
};

/** The most streams that share a connection. API servers allow 100 (RFC 9113, 5.1.2). */
export const maxStreams = 50;

/** Enough for 200 Mbit/s at a round trip of 100 ms. One stream may fill a sixteenth of it before it is read. */
const [sessionWindow, streamWindow] = [4 * 1024 * 1024, 256 * 1024];

const settings = {
  settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: 65_536 },
  maxHeaderListPairs: 256,
  // As much as API servers read (Go's default). A person can have thousands of groups.
  maxSendHeaderBlockLength: 1024 * 1024,
  // In megabytes. Node.js refuses streams above it, so it must hold full windows of all of them.
  maxSessionMemory: 64,
  // Servers may send what a later reader would trim, as over HTTP/1.1.
  strictFieldWhitespaceValidation: false,
};

/** A connection of HTTP/2 from its first request to its end. */
export class SharedConnection {
  readonly #deps: SharedConnectionDeps;
  readonly #socket: TLSSocket;
  #session: ClientHttp2Session | undefined;
  #waiting = new Set<Waiting>();
  #streams = 0;
  #limit = maxStreams;
  #isUsable = true;
  #isGone = false;
  /** Whether what is lost may be sent again, as over HTTP/1.1: if the server has answered a request before. */
  #mayRepeat = false;
  /** The last stream that the server may have processed, as GOAWAY says. */
  #lastId = Infinity;
  readonly #timer: NodeJS.Timeout;
  #idle: NodeJS.Timeout | undefined;

  constructor(deps: SharedConnectionDeps) {
    this.#deps = deps;
    this.#socket = deps.connect();
    const fail = (error: Error) => this.#fail(error);
    this.#timer = setTimeout(
      () => fail(new Http1Error('CONNECT_TIMEOUT', 'no connection in time')),
      deps.connectTimeoutMs,
    );
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Http1Error('CLOSED', 'the connection was closed')));
    this.#socket.once('draining', () => this.retire());
    this.#socket.once('secureConnect', () => this.#begin());
  }

  /** How many streams are open or wait. */
  get streams(): number {
    return this.#streams + this.#waiting.size;
  }

  /** Whether another request may be sent. */
  get hasRoom(): boolean {
    return this.#isUsable && this.streams < this.#limit;
  }

  send(request: BodilessRequest, handler: Http1Handler): void {
    if (this.#session) return this.#start(this.#session, { request, handler });
    const waiting = { request, handler };
    this.#waiting.add(waiting);
    handler.onStart({ pause() {}, resume() {}, abort: () => void this.#waiting.delete(waiting) });
  }

  /** Takes no further request, and closes after the last stream. */
  retire(): void {
    this.#isUsable = false;
    if (this.streams === 0) this.destroy();
  }

  destroy(): void {
    this.#fail(new Http1Error('CLIENT_CLOSED', 'the client is closed'));
  }

  #begin(): void {
    if (this.#isGone) return;
    if (this.#socket.alpnProtocol !== 'h2') return this.#refuse();
    const session = connectHttp2(`https://${this.#deps.authority}`, {
      ...settings,
      createConnection: () => this.#socket,
    });
    session.on('error', (error) => this.#fail(error));
    session.on('close', () => this.#fail(new Http1Error('CLOSED', 'the connection was closed')));
    // The streams that the server has accepted go on, unless it sends an error as well.
    session.on('goaway', (_code, lastId) => {
      this.#lastId = lastId;
      this.retire();
    });
    session.on('remoteSettings', ({ maxConcurrentStreams = maxStreams }) => {
      this.#limit = Math.min(maxStreams, maxConcurrentStreams);
      if (!this.#session) this.#opened(session);
    });
  }

  /** The server has sent its settings, which come first (RFC 9113, 3.4). */
  #opened(session: ClientHttp2Session): void {
    if (this.#isGone) return;
    if (this.#limit === 0) return this.#refuse();
    this.#session = session;
    session.setLocalWindowSize(sessionWindow);
    clearTimeout(this.#timer);
    giveUpSilent({ session, socket: this.#socket, pingMs: this.#deps.pingMs }, () => {
      this.#mayRepeat = false; // it may go on, and process what it was sent
      this.#fail(new Http1Error('CLOSED', 'the server no longer responds'));
    });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#keepIdle();
    for (const one of waiting.slice(0, this.#limit)) this.#start(session, one);
    this.#deps.onNegotiated(waiting.slice(this.#limit), true);
  }

  #start(session: ClientHttp2Session, { request, handler }: Waiting): void {
    let stream;
    try {
      stream = session.request(writeFields(request, this.#deps.authority), { endStream: true });
    } catch (error) {
      return handler.onError(error as Error, false);
    }
    clearTimeout(this.#idle);
    this.#streams += 1;
    const isRefused = () => stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || stream.id! > this.#lastId;
    // Before the response tells of it, so that the next attempt is over another connection.
    stream.on('close', () => {
      if (isRefused()) this.retire();
    });
    const flow = carryResponse(stream, {
      handler,
      isRefused,
      isLost: () => this.#isGone,
      mayRepeat: () => this.#mayRepeat,
      onAnswered: () => void (this.#mayRepeat = true),
    });
    // After what the response makes of it, which must not take this end for a loss.
    stream.on('close', () => {
      this.#streams -= 1;
      if (this.#streams > 0) return;
      if (this.#isUsable) this.#keepIdle();
      else this.destroy();
    });
    handler.onStart(flow);
  }

  #keepIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.retire(), this.#deps.idleMs).unref();
  }

  #refuse(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.destroy();
    this.#deps.onNegotiated(waiting, false);
  }

  #fail(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#isUsable = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
    this.#deps.onGone(this);
    this.#session?.destroy();
    this.#socket.destroy();
    for (const { handler } of this.#waiting) handler.onError(error, false);
    this.#waiting.clear();
  }
}
