import type { Readable } from 'node:stream';

/**
 * Receives the outcome of one request: `onHead`, any number of `onData`, then `onEnd`; or `onError` at any time. Nothing
 * follows `onEnd`, `onError` or an abort.
 */
export type Http1Handler = {
  /**
   * `flow` controls the request from here on. Called when the request begins to wait for a new connection, if it has to,
   * and again before it is written to one.
   */
  onStart(flow: Http1Flow): void;
  /** `lines` alternates names and values, one character per byte. */
  onHead(status: number, lines: string[]): void;
  /** The chunk is a copy, which the handler may keep. */
  onData(chunk: Buffer): void;
  /** `trailers` alternates names and values. */
  onEnd(trailers: readonly string[]): void;
  /**
   * `unanswered`: the connection had been used before and ended without a byte of a response, so that a request without
   * side effects may be sent again.
   */
  onError(error: Error, unanswered: boolean): void;
};

export type Http1Flow = { pause(): void; resume(): void; abort(): void };

/** A request as it is written to a connection. */
export type Http1Message = {
  readonly method: string;
  readonly head: string;
  readonly body: string | Buffer | Readable | undefined;
  readonly bodyLength: number | undefined;
  readonly headersTimeoutMs: number;
};
