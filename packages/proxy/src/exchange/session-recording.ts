import type { Duplex } from 'node:stream';
import type { PayloadSink, StreamObserver } from '@sallyport/kubernetes';

/** Where the bytes of a tunnel go: a connection, or what holds them until they are recorded. */
export type Outlet = {
  write(bytes: Buffer): boolean;
  end(last?: Buffer): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
  on(event: 'drain', listener: () => void): unknown;
};

/** How a tunnel passes bytes on while its session is recorded. */
export type RecordedTunnel = {
  toClient: Outlet;
  toUpstream: Outlet;
  /** Takes what the client has sent, and returns the part of it that may be passed on. */
  fromClient(chunk: Buffer): Buffer;
  /** The same for the server. `pass` decides about everything else but the recording. */
  fromServer(chunk: Buffer, pass: (chunk: Buffer) => Buffer): Buffer;
};

/** The recording of an exec or attach, from before the request goes upstream to its end. */
export type SessionRecording = {
  readonly id: string;
  /** Whether all of the session is recorded so far. */
  readonly isWhole: boolean;
  /** What an observer hands the payload to. Undefined if the session is not recorded. */
  readonly sink: PayloadSink | undefined;
  /** From now on, the session must be recorded. */
  require(): void;
  /** The session cannot be recorded, for a reason. Throws `not-recordable` if it must be. */
  cannotRead(reason: string): void;
  /** Begins to record what the observer of the tunnel reads. */
  join(ways: { client: Duplex; upstream: Duplex }, observer: StreamObserver): RecordedTunnel;
  /** The session is over. */
  finish(): void;
};
