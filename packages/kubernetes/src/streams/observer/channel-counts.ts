import type { ChannelBytes, StreamChannel } from './stream-observer.ts';

/** Counts payload bytes by channel and direction. */
export class ChannelCounts {
  readonly #counts = new Map<StreamChannel, ChannelBytes>();

  /** The counter of a channel, made on first use. */
  of(channel: StreamChannel): ChannelBytes {
    let counts = this.#counts.get(channel);
    if (counts === undefined) {
      counts = { fromClient: 0, fromServer: 0 };
      this.#counts.set(channel, counts);
    }
    return counts;
  }

  /** A copy of all of them. */
  summary(): Partial<Record<StreamChannel, ChannelBytes>> {
    return Object.fromEntries([...this.#counts].map(([channel, counts]) => [channel, { ...counts }]));
  }
}
