import type { StreamKind } from '@sallyport/kubernetes';
import type { Exchange } from '../exchange/exchange.ts';

/** Why the gateway ended a stream. `unjudged`: nobody could be asked for longer than the grace period. */
export type StreamEndReason = 'session-ended' | 'not-allowed' | 'unjudged' | 'draining';
export type StreamEnd = {
  reason: StreamEndReason;
  code: 'unauthenticated' | 'forbidden' | 'authorize-unavailable' | 'service-unavailable';
  detail: string;
  rule?: string;
};

/** `request`: any request that has been under way for long, though nothing said that it would be. */
export type OpenStreamKind = StreamKind | 'request';

/**
 * An exchange that stays open: registered before anything goes upstream (a `request` when it has been under way for
 * long), until its last byte.
 */
export type OpenStream = {
  readonly id: string;
  readonly kind: OpenStreamKind;
  readonly exchange: Exchange;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** When it is to be judged again at the latest. */
  dueAt: number;
  /** Since when nobody could be asked about it. */
  unjudgedSince: number | undefined;
  judging: boolean;
  /** Its answer has begun. */
  answered: boolean;
  end: StreamEnd | undefined;
};

/**
 * Exec, attach and port-forward are use of a session; a watch or a log is open while nobody looks, and a request was
 * use when it came.
 */
export function countsAsUse(kind: OpenStreamKind): boolean {
  return kind === 'exec' || kind === 'attach' || kind === 'portforward';
}
