import { constants, type Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { CarrierError } from './carrier-error.ts';
import type { CarriedStream } from './carried-stream.ts';
import type { WebSocketBytes } from './web-socket-bytes.ts';

/** For 100 ms and 200 Mbit/s, with room. Node.js would have 64 KiB. */
export const streamWindow = 4 * 1024 * 1024;
export const sessionWindow = 64 * 1024 * 1024;

/** In ticks. A process that was stopped has had none, so it does not take its own sleep for the silence of its peer. */
const askAfter = 5;
const deadAfter = 15;

/** What both ends give to `http2`: bounds of what a peer may send besides the bytes of streams. */
export const sessionOptions = {
  maxSessionMemory: 128,
  maxSessionInvalidFrames: 10,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 4,
  maxOutstandingSettings: 4,
  maxSettings: 16,
  maxHeaderListPairs: 32,
  settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: 8192 },
};

/** The layers of one carrier, from the outside to the inside. */
export type Layers = { bytes: WebSocketBytes; secure: TLSSocket; session: Http2Session };

/** Holds the layers of a carrier together: they live as long as the peer shows that it does, and end together. */
export class Link {
  readonly #layers: Layers;
  readonly streams = new Set<CarriedStream>();
  #silentTicks = 0;
  #carriedBefore = 0;
  #gone = false;
  #resolve: (reason: string) => void = () => {};
  roundTripMs: number | undefined;
  /** Resolves to the reason once it has ended. */
  readonly closed: Promise<string>;
  /** Is called with the number of bytes whenever some were received. */
  onReceived: (bytes: number) => void = () => {};

  constructor(layers: Layers) {
    this.#layers = layers;
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { bytes, secure, session } = layers;
    session.on('error', (error) => this.end(`the peer broke the protocol: ${error.message}`));
    session.on('close', () => this.end('the peer closed it'));
    secure.on('error', (error) => this.end(error.message));
    bytes.on('error', (error) => this.end(error.message));
    // An error of the layers above, which says more, comes a moment later.
    bytes.on('close', () => setImmediate(() => this.end('the peer closed it')));
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** Adds a stream that lives no longer than this. */
  add(stream: CarriedStream): void {
    this.streams.add(stream);
    stream.once('close', () => {
      this.streams.delete(stream);
      // What was on its way to a stream that was given up still arrives.
      this.#carriedBefore += stream.arrived + (stream.hasEnded ? 0 : streamWindow);
    });
  }

  /** Something was received. Any byte counts, because the answer to a ping waits behind everything else. */
  alive(bytes: number): void {
    this.#silentTicks = 0;
    this.onReceived(bytes);
  }

  /** Returns how many bytes both sides have sent, with what the layers add. */
  get bytes(): { received: number; sent: number } {
    const { received, sent } = this.#layers.bytes;
    return { received, sent };
  }

  /** Returns how many bytes have arrived for streams. */
  carried(): number {
    let sum = this.#carriedBefore;
    for (const stream of this.streams) sum += stream.arrived;
    return sum;
  }

  /** Call once a second. */
  tick(): void {
    this.#silentTicks += 1;
    if (this.#silentTicks === askAfter) this.ping();
    if (this.#silentTicks === deadAfter) this.end('the peer is silent');
  }

  ping(): void {
    const { session } = this.#layers;
    if (this.#gone || session.destroyed) return;
    // After GOAWAY, Node.js no longer sends pings. The peer acknowledges settings as well (RFC 9113, 6.5.3).
    if (session.closed) return session.settings({});
    session.ping((error, milliseconds) => {
      if (!error) this.roundTripMs = milliseconds;
    });
  }

  /** Ends everything, from the inside to the outside: Node.js takes it badly when a lower layer goes first. */
  end(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const stream of this.streams) stream.destroy(new CarrierError('carrier-lost', `the tunnel ended: ${reason}`));
    const { bytes, secure, session } = this.#layers;
    // Without a code, streams that have sent their end would see a clean end.
    if (!session.destroyed) session.destroy(undefined, constants.NGHTTP2_CANCEL);
    setImmediate(() => {
      secure.destroy();
      bytes.destroy();
    });
    this.#resolve(reason);
  }
}
