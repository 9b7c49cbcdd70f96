import type { ByteView } from '../observer/byte-view.ts';
import type { ErrorChannel } from '../observer/error-channel.ts';
import type { Payload } from '../observer/payload.ts';
import { StreamFault, type ChannelBytes } from '../observer/stream-observer.ts';
import { HeaderInflater } from './header-inflater.ts';
import { readHeaderBlock } from './read-header-block.ts';
import { flagFin, flagUnidirectional, frameTypes, type ControlFrame } from './spdy-frame.ts';
import { SpdyScanner, type SpdySink } from './spdy-scanner.ts';
import type { SpdyStream, SpdyStreams } from './spdy-streams.ts';

export type SpdySide = 'client' | 'server';

type Shared = {
  streams: SpdyStreams;
  errors: ErrorChannel;
  payload: Payload | undefined;
  saidGoodbye(side: SpdySide): void;
};

/**
 * Interprets one direction of a connection. It is stricter than the receivers (moby/spdystream), which ignore versions and
 * lengths: anything that they could read differently is a StreamFault.
 */
export class SpdyDirection implements SpdySink {
  readonly scanner: SpdyScanner;
  readonly inflater = new HeaderInflater();
  readonly #side: SpdySide;
  readonly #shared: Shared;
  readonly #key: keyof ChannelBytes;
  #stream: SpdyStream | undefined;
  #id = 0;
  #last = false;

  constructor(side: SpdySide, shared: Shared) {
    this.scanner = new SpdyScanner(this, shared.payload !== undefined && side === 'server');
    this.#side = side;
    this.#shared = shared;
    this.#key = side === 'client' ? 'fromClient' : 'fromServer';
  }

  dataBegin(id: number, flags: number): void {
    if (id === 0) throw new StreamFault('data without a stream');
    if (flags > flagFin) throw new StreamFault('an unknown flag on data');
    const stream = this.#shared.streams.open.get(id);
    if (this.#side === 'client') this.#checkClientData(id, stream);
    // A server may still write to a stream that its other half has ended. The client discards that.
    const over = stream === undefined || (this.#side === 'server' ? stream.serverDone : stream.clientDone);
    this.#stream = over ? undefined : stream;
    this.#id = id;
    this.#last = flags === flagFin;
  }

  // The server may or may not pass on data after the end, depending on timing.
  #checkClientData(id: number, stream: SpdyStream | undefined): void {
    if (stream?.clientDone) throw new StreamFault('data after the end of its stream');
    if (stream === undefined && (id % 2 === 0 || id > this.#shared.streams.highest))
      throw new StreamFault('data on a stream that was never opened');
  }

  dataPart(view: ByteView): void {
    const stream = this.#stream;
    const { streams, errors, payload } = this.#shared;
    if (this.#side === 'server') streams.serverSpoke = true;
    // The receiver discards what is late. A client that is not kubectl could read it all the same.
    payload?.pass(this.#side, streams.typeOf(this.#id), view);
    if (stream === undefined) {
      streams.channels.of('late')[this.#key] += view.length;
      return;
    }
    stream.counts[this.#key] += view.length;
    if (stream.portCounts !== undefined) stream.portCounts[this.#key] += view.length;
    if (this.#side === 'client') return;
    stream.serverSent = true;
    if (stream.type === 'error') errors.push(view);
  }

  dataEnd(): void {
    if (this.#last && this.#stream !== undefined) this.#shared.streams.finish(this.#stream, this.#side);
    this.#stream = undefined;
  }

  control({ type, flags, payload }: ControlFrame): void {
    switch (type) {
      case frameTypes.synStream:
        return this.#synStream(flags, payload);
      case frameTypes.synReply:
        return this.#synReply(flags, payload);
      case frameTypes.headers:
        return void this.#headers(flags, payload);
      case frameTypes.rstStream:
        return this.#reset(flags, payload);
      case frameTypes.settings:
        return settings(flags, payload);
      case frameTypes.ping:
        return exactly(payload, 4, flags);
      case frameTypes.windowUpdate:
        return exactly(payload, 8, flags);
      case frameTypes.goAway:
        return this.#goAway(flags, payload);
      default:
        throw new StreamFault('a control frame of an unknown type');
    }
  }

  #synStream(flags: number, payload: Buffer): void {
    if (this.#side === 'server') throw new StreamFault('a stream opened by the server');
    if (flags > (flagFin | flagUnidirectional)) throw new StreamFault('an unknown flag on a new stream');
    const id = idOf(payload, 10);
    const headers = readHeaderBlock(this.inflater.inflate(payload.subarray(10)));
    this.#shared.streams.add(id, headers, {
      client: (flags & flagFin) !== 0,
      server: (flags & flagUnidirectional) !== 0,
    });
  }

  #synReply(flags: number, payload: Buffer): void {
    if (this.#side === 'client') throw new StreamFault('a stream accepted by the client');
    const stream = this.#headers(flags, payload);
    if (stream !== undefined) stream.replied = true;
  }

  // Kubernetes ignores HEADERS, but they are part of the compression and may end a stream.
  #headers(flags: number, payload: Buffer): SpdyStream | undefined {
    if (flags > flagFin) throw new StreamFault('an unknown flag on headers');
    const id = idOf(payload, 4);
    readHeaderBlock(this.inflater.inflate(payload.subarray(4)));
    const stream = this.#shared.streams.open.get(id);
    if (stream !== undefined && flags === flagFin) this.#shared.streams.finish(stream, this.#side);
    return stream;
  }

  #reset(flags: number, payload: Buffer): void {
    exactly(payload, 8, flags);
    const id = idOf(payload, 8);
    if (payload.readUInt32BE(4) === 0) throw new StreamFault('a reset without a reason');
    this.#shared.streams.open.delete(id);
  }

  #goAway(flags: number, payload: Buffer): void {
    exactly(payload, 8, flags);
    this.scanner.stopped = true;
    this.#shared.saidGoodbye(this.#side);
  }
}

function exactly(payload: Buffer, length: number, flags: number): void {
  if (payload.length !== length || flags !== 0)
    throw new StreamFault('a control frame of the wrong length, or with an unknown flag');
}

// The highest bit is reserved, but Go's reader treats it as part of the id.
function idOf(payload: Buffer, atLeast: number): number {
  if (payload.length < atLeast) throw new StreamFault('a control frame that is too short');
  const id = payload.readUInt32BE(0);
  if (id === 0 || id > 0x7fff_ffff) throw new StreamFault('an impossible stream id');
  return id;
}

function settings(flags: number, payload: Buffer): void {
  if (flags > 1 || payload.length < 4 || payload.length !== 4 + 8 * payload.readUInt32BE(0))
    throw new StreamFault('settings of the wrong length, or with an unknown flag');
}
