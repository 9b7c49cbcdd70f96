import { ChannelCounts } from '../observer/channel-counts.ts';
import { StreamFault, type ChannelBytes, type StreamChannel, type ForwardedPort } from '../observer/stream-observer.ts';
import { readStreamHeaders, type SpdyKind } from './stream-headers.ts';

/** How many ports are counted separately. Further ones are counted as port 0. */
export const maxPorts = 1024;

/** Counts the traffic of each port of a pod. */
class PortCounts {
  readonly #ports = new Map<number, ForwardedPort>();

  /** Returns the counter of a port, which is created on first use. */
  of(port: number): ForwardedPort {
    const known = this.#ports.has(port) || this.#ports.size < maxPorts ? port : 0;
    let counts = this.#ports.get(known);
    if (counts === undefined) {
      counts = { port: known, connections: 0, fromClient: 0, fromServer: 0 };
      this.#ports.set(known, counts);
    }
    return counts;
  }

  /** Returns a copy of all counters, in the order of their first use. */
  summary(): ForwardedPort[] {
    return [...this.#ports.values()].map((counts) => ({ ...counts }));
  }
}

/** Maximum open streams. Each connection of a port-forward uses two. */
export const maxOpenStreams = 4096;

/** An open stream. */
export type SpdyStream = {
  id: number;
  type: StreamChannel;
  port?: number;
  requestId?: string;
  counts: ChannelBytes;
  portCounts?: ChannelBytes;
  /** Whether the server has accepted it. The client ignores data before that. */
  replied: boolean;
  clientDone: boolean;
  serverDone: boolean;
  /** Whether the server has sent data on it. */
  serverSent: boolean;
};

/**
 * Tracks the open streams of a connection and counts the traffic of all. A stream is removed once both sides have ended
 * it.
 */
export class SpdyStreams {
  readonly open = new Map<number, SpdyStream>();
  readonly channels = new ChannelCounts();
  readonly ports = new PortCounts();
  opened = 0;
  /** The highest id that the client has used. */
  highest = 0;
  readonly #kind: SpdyKind;
  /** The id of each type of stream of an exec. */
  readonly #types = new Map<StreamChannel, number>();
  /** Whether the server has sent data on any stream. */
  serverSpoke = false;

  constructor(kind: SpdyKind) {
    this.#kind = kind;
  }

  /** Opens a stream of the client. Throws StreamFault if the server would read it differently or refuse it. */
  add(id: number, headers: ReadonlyMap<string, string>, done: { client: boolean; server: boolean }): void {
    if (id % 2 === 0 || id <= this.highest || id > 0x7fff_ffff) throw new StreamFault('a stream id out of turn');
    if (this.open.size >= maxOpenStreams) throw new StreamFault(`more than ${maxOpenStreams} streams at a time`);
    const about = readStreamHeaders(this.#kind, headers);
    // A second stream of a type would replace the first at the server without notice.
    if (this.#kind === 'exec' && this.#types.has(about.type))
      throw new StreamFault(`a second stream for ${about.type}`);
    this.#types.set(about.type, id);
    this.highest = id;
    this.opened += 1;
    const portCounts = about.port === undefined ? undefined : this.ports.of(about.port);
    if (portCounts !== undefined && about.type === 'data') portCounts.connections += 1;
    this.open.set(id, {
      id,
      ...about,
      counts: this.channels.of(about.type),
      portCounts: about.type === 'data' ? portCounts : undefined,
      replied: false,
      clientDone: done.client,
      serverDone: done.server,
      serverSent: false,
    });
  }

  /** Returns the type of a stream of an exec, also of one that is over. Throws StreamFault if it was never opened. */
  typeOf(id: number): StreamChannel {
    for (const [type, of] of this.#types) if (of === id) return type;
    throw new StreamFault('data on a stream that was never opened');
  }

  /** Returns the stream of a type of an exec, if it is open. */
  ofType(type: StreamChannel): SpdyStream | undefined {
    const id = this.#types.get(type);
    return id === undefined ? undefined : this.open.get(id);
  }

  /** Ends a stream for one side. */
  finish(stream: SpdyStream, side: 'client' | 'server'): void {
    if (side === 'client') stream.clientDone = true;
    else stream.serverDone = true;
    if (stream.clientDone && stream.serverDone) this.open.delete(stream.id);
  }
}
