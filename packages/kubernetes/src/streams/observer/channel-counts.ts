import type { ChannelBytes, StreamChannel } from './stream-observer.ts';

/** Counts payload bytes by channel and direction. */
export class ChannelCounts {
  readonly #counts = new Map<StreamChannel, ChannelBytes>();

  /** Returns the counter of a channel, which is created on first use. */
  of(channel: StreamChannel): ChannelBytes {
    let counts = this.#counts.get(channel);
    if (counts === undefined) {
      counts = { fromClient: 0, fromServer: 0 };
      this.#counts.set(channel, counts);
    }
    return counts;
  }

  /** Returns a copy of all counters. */
  summary(): Partial<Record<StreamChannel, ChannelBytes>> {
    return Object.fromEntries([...this.#counts].map(([channel, counts]) => [channel, { ...counts }]));
  }
}
