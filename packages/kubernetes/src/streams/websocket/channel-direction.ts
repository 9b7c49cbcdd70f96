import { channels } from '../../websocket/remote-command.ts';
import type { ByteView } from '../observer/byte-view.ts';
import type { ChannelCounts } from '../observer/channel-counts.ts';
import type { ErrorChannel } from '../observer/error-channel.ts';
import { type Payload } from '../observer/payload.ts';
import { StreamFault, type ChannelBytes, type StreamChannel } from '../observer/stream-observer.ts';
import { WebSocketScanner, type MessageSink } from './websocket-scanner.ts';

export type ChannelSide = 'client' | 'server';

const names: readonly StreamChannel[] = ['stdin', 'stdout', 'stderr', 'error', 'resize'];

type ChannelShared = {
  counts: ChannelCounts;
  errors: ErrorChannel;
  payload: Payload | undefined;
  /** Whether single channels can be closed (version 5). */
  canClose: boolean;
  closed(side: ChannelSide, code: number | undefined): void;
};

/**
 * Interprets one direction of an exec or attach over WebSocket. Each message begins with the number of its channel
 * (KEP-4006).
 */
export class ChannelDirection implements MessageSink {
  readonly scanner: WebSocketScanner;
  readonly #side: ChannelSide;
  readonly #shared: ChannelShared;
  readonly #key: keyof ChannelBytes;
  #fresh = false;
  #whole = false;
  #length = 0;
  #channel: StreamChannel | 'close' = 'stdin';
  #counts: ChannelBytes | undefined;

  constructor(side: ChannelSide, shared: ChannelShared) {
    this.scanner = new WebSocketScanner(side === 'client', this, shared.payload !== undefined && side === 'server');
    this.#side = side;
    this.#shared = shared;
    this.#key = side === 'client' ? 'fromClient' : 'fromServer';
  }

  begin({ whole, length }: { whole: boolean; length: number }): void {
    // The API server reads frame by frame (golang.org/x/net/websocket), so it would take the first byte of a second
    // fragment for a channel.
    if (this.#side === 'client' && !whole)
      throw new StreamFault('a fragmented message, which API servers do not reassemble');
    this.#fresh = true;
    this.#whole = whole;
    this.#length = length;
  }

  part(view: ByteView): void {
    const data = this.#fresh ? this.#open(view) : view;
    if (this.#channel === 'close') {
      this.#closing(data);
      return;
    }
    this.#counts![this.#key] += data.length;
    this.#shared.payload?.pass(this.#side, this.#channel, data);
    if (this.#channel === 'error' && this.#side === 'server') this.#shared.errors.push(data);
  }

  #open(view: ByteView): ByteView {
    this.#fresh = false;
    const number = view.at(0);
    if (number === channels.close && this.#shared.canClose) {
      if (!this.#whole || this.#length !== 2) throw new StreamFault('a malformed close of a channel');
      this.#channel = 'close';
    } else {
      const name = names[number];
      if (name === undefined) throw new StreamFault('an unknown channel');
      this.#channel = name;
      this.#counts = this.#shared.counts.of(name);
    }
    return view.part(1);
  }

  #closing(data: ByteView): void {
    if (data.length > 0 && data.at(0) >= names.length) throw new StreamFault('a close of an unknown channel');
  }

  end(): void {
    this.#fresh = false;
  }

  close(code: number | undefined): void {
    this.#shared.closed(this.#side, code);
  }
}
