import type { Status } from '../../status/status.ts';
import type { StreamEnding, StreamSummary } from './stream-observer.ts';

export type ObservedSide = 'client' | 'server';

/** An observed protocol. After `feed` has thrown StreamFault, that side must not be fed again. */
export type ObservedProtocol = {
  feed(side: ObservedSide, bytes: Uint8Array): void;
  summary(): StreamSummary;
  endWith(status: Status): StreamEnding | undefined;
};
