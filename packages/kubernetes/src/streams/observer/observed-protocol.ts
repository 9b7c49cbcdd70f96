import type { Status } from '../../status/status.ts';
import type { StreamEnding, StreamSummary } from './stream-observer.ts';

export type ObservedSide = 'client' | 'server';

/** A protocol that is watched. `feed` throws StreamFault, after which that side must not be fed any more. */
export type ObservedProtocol = {
  feed(side: ObservedSide, bytes: Uint8Array): void;
  summary(): StreamSummary;
  endWith(status: Status): StreamEnding | undefined;
};
