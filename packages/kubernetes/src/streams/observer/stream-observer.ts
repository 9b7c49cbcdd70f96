import type { Status } from '../../status/status.ts';

/** `late` counts bytes on a SPDY stream after its end, which the receiver discards. */
export type StreamChannel = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize' | 'data' | 'late';

/** The channels whose payload can be handed out. */
export type PayloadChannel = 'stdin' | 'stdout' | 'stderr' | 'error';

/** Payload bytes, without framing. */
export type ChannelBytes = { fromClient: number; fromServer: number };

/** The traffic of one port of the pod, and the number of connections that were opened. */
export type ForwardedPort = ChannelBytes & { port: number; connections: number };

/** An open SPDY stream. */
export type OpenStream = { id: number; type: StreamChannel; port?: number; requestId?: string };

/** The final status on the error channel of exec and attach. */
export type ExitStatus = { status: 'Success' | 'Failure'; reason?: string; message?: string; code?: number };

/** What was observed so far. */
export type StreamSummary = {
  /** Only channels that were used or opened. */
  channels: Partial<Record<StreamChannel, ChannelBytes>>;
  /** The exit code of the command, 0 to 255. */
  exitCode?: number;
  status?: ExitStatus;
  /**
   * The text of the error channel if it is not a Status: in older protocols and in port-forward. At most 64 KiB. It comes
   * from the cluster and is not trusted.
   */
  errorText?: string;
  /** For port-forward: the ports, in the order of their first use. */
  ports?: ForwardedPort[];
  /** For SPDY: the open streams, and how many were opened in total. */
  streams?: OpenStream[];
  streamsOpened?: number;
  /** The side that closed first, and the close code of the WebSocket, if any. */
  closed?: { by: 'client' | 'server'; code?: number };
};

/** `unsupported`: the protocol is not read. `unparsable`: reading stopped because of `reason`. */
type ObserverState = 'ok' | 'unparsable' | 'unsupported';

/**
 * How to end the stream for the client. If `ready`, send `bytes`, then end the connection; `carriesStatus` is false if the
 * client can no longer get a status (its error channel was used, or there is none). If not `ready`, the server is inside a
 * frame: pass on `remaining` more of its bytes (and feed them to `fromServer`), then ask again. `remaining` is at least 1
 * and never exceeds the next boundary.
 */
export type StreamEnding = { ready: true; bytes: Buffer; carriesStatus: boolean } | { ready: false; remaining: number };

/**
 * Where data can be inserted into what the server sends. If `ready`, `bytes` may be sent to the client now. If not, pass
 * on `remaining` more bytes of the server (and feed them to `fromServer`), then ask again.
 */
export type Insertion = { ready: true; bytes: Buffer } | { ready: false; remaining: number };

/**
 * Receives the payload of an exec or attach, in the order of its bytes. What a sink was given can be relied on as long as
 * the state is `ok`, so with a sink the observer also refuses what a client of its own making could read differently.
 */
export type PayloadSink = {
  /** Whether it is given what the client types, too. */
  readonly input: boolean;
  /** Is given payload bytes: of the client on stdin, and of the server otherwise. They are valid until the call returns. */
  data(channel: PayloadChannel, bytes: Uint8Array): void;
  /** Is given a new size of the client's terminal. */
  resize(columns: number, rows: number): void;
};

/**
 * Observes an exec, attach or port-forward. It is fed every byte of both directions after the 101, changes none, and keeps
 * only the error channel.
 */
export type StreamObserver = {
  /** Never throws, and does not keep the bytes. */
  fromClient(bytes: Uint8Array): void;
  fromServer(bytes: Uint8Array): void;
  summary(): StreamSummary;
  readonly state: ObserverState;
  /** Why the state is not `ok`. Contains nothing of the stream. */
  readonly reason: string | undefined;
  /**
   * Returns how to end the stream; undefined if the client can no longer be told. After the bytes were sent, no bytes of
   * the server may follow.
   */
  endWith(status: Status): StreamEnding | undefined;
  /**
   * Returns how to insert data before the server's own on a channel of an exec or attach; undefined if it is too late, or
   * the protocol has no place for it.
   */
  insert(channel: 'stdout' | 'stderr', data: Uint8Array): Insertion | undefined;
  /** How many bytes of the server came after the last place of an exec or attach where the stream could be ended. */
  readonly sinceBoundary: number;
};

export type ObservedSide = 'client' | 'server';

/** An observed protocol. After `feed` has thrown StreamFault, that side must not be fed again. */
export type ObservedProtocol = {
  feed(side: ObservedSide, bytes: Uint8Array): void;
  summary(): StreamSummary;
  endWith(status: Status): StreamEnding | undefined;
  insert?(channel: 'stdout' | 'stderr', data: Uint8Array): Insertion | undefined;
  readonly sinceBoundary?: number;
};

/** A violation that an observer found. Its message contains no byte of the stream. */
export class StreamFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StreamFault';
  }
}
