import { StreamFault } from '../observer/stream-fault.ts';
import { ChannelCounts } from '../observer/channel-counts.ts';
import type { ChannelBytes, StreamChannel } from '../observer/stream-observer.ts';
import { PortCounts } from './port-counts.ts';
import { readStreamHeaders, type SpdyKind } from './stream-headers.ts';

/** Streams that may be open at a time; each connection through a port-forward takes two. */
export const maxOpenStreams = 4096;

/** One stream that is open. */
export type SpdyStream = {
  id: number;
  type: StreamChannel;
  port?: number;
  requestId?: string;
  counts: ChannelBytes;
  portCounts?: ChannelBytes;
  /** The server has accepted it; its client ignores data that comes before. */
  replied: boolean;
  clientDone: boolean;
  serverDone: boolean;
  /** The server has sent data on it. */
  serverSpoke: boolean;
};

/**
 * The streams of a connection: those that are open, and what went through all of them. A stream is forgotten once both
 * sides are done with it.
 */
export class SpdyStreams {
  readonly open = new Map<number, SpdyStream>();
  readonly channels = new ChannelCounts();
  readonly ports = new PortCounts();
  opened = 0;
  /** The highest id that the client has used. */
  highest = 0;
  readonly #kind: SpdyKind;
  readonly #types = new Set<StreamChannel>();

  constructor(kind: SpdyKind) {
    this.#kind = kind;
  }

  /** Opens a stream of the client's. Throws StreamFault for one that the server would take otherwise, or not at all. */
  add(id: number, headers: ReadonlyMap<string, string>, done: { client: boolean; server: boolean }): void {
    if (id % 2 === 0 || id <= this.highest || id > 0x7fff_ffff) throw new StreamFault('a stream id out of turn');
    if (this.open.size >= maxOpenStreams) throw new StreamFault(`more than ${maxOpenStreams} streams at a time`);
    const about = readStreamHeaders(this.#kind, headers);
    // A second stream of a type would take the place of the first at the server, unseen.
    if (this.#kind === 'exec' && this.#types.has(about.type))
      throw new StreamFault(`a second stream for ${about.type}`);
    this.#types.add(about.type);
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
      serverSpoke: false,
    });
  }

  /** One side is done with a stream. */
  finish(stream: SpdyStream, side: 'client' | 'server'): void {
    if (side === 'client') stream.clientDone = true;
    else stream.serverDone = true;
    if (stream.clientDone && stream.serverDone) this.open.delete(stream.id);
  }
}
