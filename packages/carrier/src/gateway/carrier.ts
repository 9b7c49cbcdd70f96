import type { CarriedStream } from '../shared/carried-stream.ts';
import type { Target } from '../shared/hello.ts';

/** A token that a connector sent. `until` is in milliseconds since the epoch. */
export type SentToken = { token: string; until: number };

/**
 * A stream to an address in the private network. Emits 'connect' once the connector is connected to it, and 'draining'
 * when the connector is about to go: send nothing new on it.
 */
export type Dial = CarriedStream;

/** One connection of a connector to this replica. Times are milliseconds since the epoch. */
export type Carrier = {
  id: string;
  connector: string;
  keyId: string;
  /** The address of the client, as `accept` got it. */
  peer: string;
  since: number;
  /** Whether it takes dials: the connector has not announced that it goes. */
  readonly isOpen: boolean;
  /** Of the connector. */
  version: string;
  reach: readonly string[];
  /** The server that its tokens are for, as host:port. */
  tokenServer: string | undefined;
  seenAt(): number;
  roundTripMs(): number | undefined;
  streams(): number;
  /** Returns how many bytes have come from the connector and gone to it, with what the layers of the carrier add. */
  bytes(): { received: number; sent: number };
  /** The bytes of all its dials that wait at this end, to be read or to be sent. */
  waitingBytes(): number;
  /**
   * Opens a stream to an address. It may be written to at once. It is destroyed with a CarrierError if the connector
   * does not connect in time (10 seconds by default), and when the carrier is gone.
   */
  dial(target: Target, timeoutMs?: number): Dial;
  /** Returns the last token that has not expired. */
  token(): SentToken | undefined;
  /** Asks the connector for another token, because the API server refused the last one. */
  renewToken(): void;
  /** Calls the listener with each token. Returns what stops that. */
  onToken(listener: (token: SentToken) => void): () => void;
  /** Resolves to the reason when the carrier is gone. */
  closed: Promise<string>;
};

/** What the gateway allows. Times are milliseconds. */
export type CarrierLimits = {
  /** Connections whose handshake is not complete, in all. */
  halfOpen: number;
  /** The same from one client address. */
  halfOpenPerPeer: number;
  /** For the whole handshake. */
  handshakeMs: number;
  /** How long a refused connection still counts as half open, so that repeating it costs little. */
  refusedMs: number;
  carriersPerConnector: number;
  /** Concurrent streams of one carrier. */
  streams: number;
  /** Bytes that wait to be read or sent for one connector. Less than the window of one carrier, so that none stalls. */
  waitingBytes: number;
  /** The unit of silence: a peer is asked after 5 and dead after 15. */
  tickMs: number;
};

export const defaultLimits: CarrierLimits = {
  halfOpen: 256,
  halfOpenPerPeer: 64,
  handshakeMs: 10_000,
  refusedMs: 1000,
  carriersPerConnector: 16,
  streams: 1000,
  waitingBytes: 48 * 1024 * 1024,
  tickMs: 1000,
};
