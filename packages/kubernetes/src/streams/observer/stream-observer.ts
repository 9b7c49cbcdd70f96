import type { Status } from '../../status/status.ts';

/** `late` is what came on a stream of SPDY after it was over: its receiver throws it away. */
export type StreamChannel = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize' | 'data' | 'late';

/** Payload bytes, without framing. */
export type ChannelBytes = { fromClient: number; fromServer: number };

/** What went through one port of the pod; `connections` counts those that were opened. */
export type ForwardedPort = ChannelBytes & { port: number; connections: number };

/** A stream of SPDY that is open now. */
export type OpenStream = { id: number; type: StreamChannel; port?: number; requestId?: string };

/** What the error channel of exec and attach said at the end. */
export type ExitStatus = { status: 'Success' | 'Failure'; reason?: string; message?: string; code?: number };

/** What has been seen so far. */
export type StreamSummary = {
  /** Only channels that carried something, or were opened. */
  channels: Partial<Record<StreamChannel, ChannelBytes>>;
  /** Of the command: 0 to 255. */
  exitCode?: number;
  status?: ExitStatus;
  /**
   * The error channel where it holds no Status: of older protocols, and of a port-forward. At most 64 KiB; it comes
   * from the cluster and is not trusted.
   */
  errorText?: string;
  /** Port-forward: by port, in the order of their first use. */
  ports?: ForwardedPort[];
  /** SPDY: those open now, and how many there were. */
  streams?: OpenStream[];
  streamsOpened?: number;
  /** Who said goodbye first, and the WebSocket's close code where one was given. */
  closed?: { by: 'client' | 'server'; code?: number };
};

/** `unsupported`: nothing of this protocol is read. `unparsable`: nothing more of it is read, for `reason`. */
export type ObserverState = 'ok' | 'unparsable' | 'unsupported';

/**
 * How to end towards the client. `ready`: send `bytes`, then end the connection; `carriesStatus` is false if the client
 * cannot be told why any more (its error channel has spoken, or there is none). Not `ready`: the server is inside a
 * frame; pass on `remaining` more bytes of it (feed them to `fromServer` too), then ask again. `remaining` is at least
 * 1, and never goes beyond the next boundary.
 */
export type StreamEnding = { ready: true; bytes: Buffer; carriesStatus: boolean } | { ready: false; remaining: number };

/**
 * Watches one exec, attach or port-forward from outside: it is fed every byte of both directions after the 101, changes
 * none and keeps none but the error channel.
 */
export type StreamObserver = {
  /** Never throws. The bytes are not kept, and are read before it returns. */
  fromClient(bytes: Uint8Array): void;
  fromServer(bytes: Uint8Array): void;
  summary(): StreamSummary;
  readonly state: ObserverState;
  /** Why the state is not `ok`; holds nothing of what was sent. */
  readonly reason: string | undefined;
  /**
   * Undefined if nothing can be said to the client any more. After the bytes have been sent, nothing of the server may
   * follow.
   */
  endWith(status: Status): StreamEnding | undefined;
};
