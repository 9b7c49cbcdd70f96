import { randomUUID } from 'node:crypto';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { CarriedStream } from '../shared/carried-stream.ts';
import { CarrierError } from '../shared/carrier-error.ts';
import { targetText, type Hello, type Target } from '../shared/hello.ts';
import { streamWindow, type Link } from '../shared/link.ts';
import type { Carrier, CarrierLimits, Dial, SentToken } from './carrier.ts';
import { askConnector, refuseEarlyHeads } from './requests.ts';
import { createNoticeReader } from './notices.ts';

type LiveCarrierDeps = {
  connector: string;
  keyId: string;
  peer: string;
  hello: Hello;
  link: Link;
  session: ClientHttp2Session;
  limits: CarrierLimits;
  now(): number;
};

/** The streams that the connector answers for itself: its notices, and the question to dial elsewhere. */
const ownStreams = 2;
const dialMs = 10_000;

/** A carrier whose connector is known. */
export class LiveCarrier implements Carrier {
  readonly id = randomUUID();
  readonly connector: string;
  readonly keyId: string;
  readonly peer: string;
  readonly since: number;
  readonly version: string;
  readonly reach: readonly string[];
  readonly tokenServer: string | undefined;
  readonly closed: Promise<string>;
  readonly #deps: LiveCarrierDeps;
  readonly #listeners = new Set<(token: SentToken) => void>();
  #token: SentToken | undefined;
  #seenAt: number;
  #window = streamWindow;

  constructor(deps: LiveCarrierDeps) {
    const { connector, keyId, peer, hello, link, session } = deps;
    this.connector = connector;
    this.keyId = keyId;
    this.peer = peer;
    this.since = deps.now();
    this.#seenAt = this.since;
    this.version = hello.version;
    this.reach = hello.reach;
    this.tokenServer = hello.token?.server;
    this.closed = link.closed;
    this.#deps = deps;
    session.on('goaway', () => this.#leave());
    this.#readNotices();
  }

  /** Reports whether it takes dials: the connector has not announced that it goes. */
  get isOpen(): boolean {
    const { link, session } = this.#deps;
    return !link.isGone && !session.closed;
  }

  get dials(): ReadonlySet<Dial> {
    return this.#deps.link.streams;
  }

  seen(): void {
    this.#seenAt = this.#deps.now();
  }

  seenAt(): number {
    return this.#seenAt;
  }

  roundTripMs(): number | undefined {
    return this.#deps.link.roundTripMs;
  }

  streams(): number {
    return this.dials.size;
  }

  bytes(): { received: number; sent: number } {
    return this.#deps.link.bytes;
  }

  waitingBytes(): number {
    let sum = 0;
    for (const dial of this.dials) sum += dial.waiting;
    return sum;
  }

  dial(target: Target, timeoutMs = dialMs): Dial {
    const { link, session, limits, connector } = this.#deps;
    const dial = new CarriedStream();
    const text = targetText(target);
    const most = Math.min(limits.streams, (session.remoteSettings?.maxConcurrentStreams ?? 0) - ownStreams);
    if (!this.isOpen) return dial.destroy(new CarrierError('carrier-lost', `connector ${connector} is going away`));
    if (link.streams.size >= most)
      return dial.destroy(new CarrierError('busy', `connector ${connector} has ${link.streams.size} streams`));
    link.add(dial);
    const stream = session.request({ ':method': 'CONNECT', ':authority': text }, { endStream: false });
    refuseEarlyHeads(stream);
    const timer = setTimeout(
      () => dial.destroy(new CarrierError('timeout', `connector ${connector} did not connect to ${text} in time`)),
      timeoutMs,
    );
    dial.once('close', () => clearTimeout(timer));
    stream.once('response', (headers) => {
      clearTimeout(timer);
      if (headers[':status'] === 200) dial.connected();
      else dial.destroy(this.#refusal(text, headers));
    });
    dial.attach(stream, () => new CarrierError('reset', `connector ${connector}: the connection to ${text} was reset`));
    return dial;
  }

  token(): SentToken | undefined {
    return this.#token && this.#token.until > this.#deps.now() ? this.#token : undefined;
  }

  renewToken(): void {
    if (this.isOpen && this.tokenServer !== undefined)
      askConnector(this.#deps.session, '/renew', { onData() {}, onEnd() {} });
  }

  onToken(listener: (token: SentToken) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes how much each stream may have on its way. */
  setWindow(bytes: number): void {
    if (bytes === this.#window || !this.isOpen) return;
    this.#window = bytes;
    this.#deps.session.settings({ initialWindowSize: bytes });
  }

  get window(): number {
    return this.#window;
  }

  /** Tells the connector to dial again elsewhere. */
  drain(): void {
    if (this.isOpen) askConnector(this.#deps.session, '/drain', { onData() {}, onEnd() {} });
  }

  end(reason: string): void {
    this.#deps.link.end(reason);
  }

  #refusal(target: string, headers: IncomingHttpHeaders): CarrierError {
    const { connector } = this.#deps;
    const status = Number((headers as Record<string, unknown>)[':status']);
    const said = String(headers['sallyport-reason'] ?? `status ${status}`).replaceAll(/[^\x20-\x7e]/g, '?');
    const message = `connector ${connector} did not connect to ${target}: ${said.slice(0, 200)}`;
    return new CarrierError(status === 403 ? 'not-allowed' : status === 503 ? 'busy' : 'dial-failed', message);
  }

  /** Opens nothing new. The session ends with its last stream. */
  #leave(): void {
    const { link, session } = this.#deps;
    session.close();
    for (const dial of link.streams) dial.emit('draining');
  }

  #readNotices(): void {
    const { session, now } = this.#deps;
    const reader = createNoticeReader(now, {
      onToken: (token) => {
        this.#token = token;
        for (const listener of this.#listeners) listener(token);
      },
      onLeaving: () => this.#leave(),
    });
    askConnector(session, '/notices', {
      onData: (chunk) => {
        try {
          reader.push(chunk);
        } catch (error) {
          this.end((error as Error).message);
        }
      },
      onEnd() {},
    });
    void this.closed.then(() => {
      this.#token = undefined;
    });
  }
}
