import type { Status } from '../../status/status.ts';
import { ByteView } from '../observer/byte-view.ts';
import { ErrorChannel } from '../observer/error-channel.ts';
import { createPayload } from '../observer/payload.ts';
import type {
  Insertion,
  ObservedProtocol,
  PayloadSink,
  StreamChannel,
  StreamSummary,
} from '../observer/stream-observer.ts';
import { endSpdySession } from './end-spdy-session.ts';
import { SpdyDirection, type SpdySide } from './spdy-direction.ts';
import { encodeData } from './spdy-frame.ts';
import { SpdyStreams } from './spdy-streams.ts';
import type { SpdyKind } from './stream-headers.ts';

export type SpdySessionOptions = {
  kind: SpdyKind;
  /** Whether the error channel carries Status objects (exec from version 4). */
  statusOnError: boolean;
  /** Is given the payload of an exec. */
  sink?: PayloadSink | undefined;
};

/** Both directions of a SPDY/3.1 connection, whether raw or inside WebSocket messages. */
export class SpdySession {
  readonly #options: SpdySessionOptions;
  readonly #streams: SpdyStreams;
  readonly #errors = new ErrorChannel();
  readonly #directions: Record<SpdySide, SpdyDirection>;
  #closedBy: SpdySide | undefined;

  constructor(options: SpdySessionOptions) {
    this.#options = options;
    this.#streams = new SpdyStreams(options.kind);
    const shared = {
      streams: this.#streams,
      errors: this.#errors,
      payload: options.sink && createPayload(options.sink),
      saidGoodbye: (side: SpdySide) => {
        this.#closedBy ??= side;
      },
    };
    this.#directions = { client: new SpdyDirection('client', shared), server: new SpdyDirection('server', shared) };
  }

  /** Reads the next bytes of a side, which must not be fed again after a StreamFault. */
  feed(side: SpdySide, view: ByteView): void {
    this.#directions[side].scanner.feed(view);
  }

  /** Returns how to insert data on a stream of an exec. A client discards what comes before the server has accepted it. */
  insert(type: StreamChannel, data: Uint8Array): Insertion | undefined {
    if (this.#directions.server.scanner.stopped || this.#streams.serverSpoke) return undefined;
    const remaining = this.untilBoundary;
    if (remaining > 0) return { ready: false, remaining };
    const stream = this.#streams.ofType(type);
    if (!stream?.replied) return { ready: false, remaining: headBytes };
    return stream.serverDone ? undefined : { ready: true, bytes: encodeData(stream.id, data, false) };
  }

  /** Bytes of the server until its next frame begins, as far as known. */
  get untilBoundary(): number {
    return this.#directions.server.scanner.untilBoundary;
  }

  /** How many bytes of the server came after the last boundary of its frames. */
  get sinceBoundary(): number {
    return this.#directions.server.scanner.sinceBoundary;
  }

  /** Returns everything that was observed. */
  summary(): StreamSummary {
    const { open, opened, channels, ports } = this.#streams;
    return {
      channels: channels.summary(),
      ...this.#errors.read(this.#options.statusOnError),
      ...(this.#options.kind === 'portforward' && { ports: ports.summary() }),
      streams: [...open.values()].map(({ id, type, port, requestId }) => ({
        id,
        type,
        ...(port !== undefined && { port }),
        ...(requestId !== undefined && { requestId }),
      })),
      streamsOpened: opened,
      ...(this.#closedBy !== undefined && { closed: { by: this.#closedBy } }),
    };
  }

  /**
   * Returns the bytes that end the connection for the client, at a boundary of the server's frames; undefined if the
   * client no longer reads.
   */
  end(status: Status): { bytes: Buffer; carriesStatus: boolean } | undefined {
    const { scanner, inflater } = this.#directions.server;
    if (scanner.stopped) return undefined;
    return endSpdySession({ kind: this.#options.kind, streams: this.#streams, status, firstBlock: !inflater.started });
  }
}

/** The length of the head of a frame. */
const headBytes = 8;

/** Creates the observer of a raw SPDY/3.1 connection. */
export function createSpdyObserver(options: SpdySessionOptions): ObservedProtocol {
  const session = new SpdySession(options);
  return {
    feed: (side, bytes) => session.feed(side, new ByteView(bytes)),
    summary: () => session.summary(),
    endWith(status) {
      const remaining = session.untilBoundary;
      if (remaining > 0) return { ready: false, remaining };
      const end = session.end(status);
      return end && { ready: true, ...end };
    },
    insert: (channel, data) => session.insert(channel, data),
    get sinceBoundary() {
      return session.sinceBoundary;
    },
  };
}
