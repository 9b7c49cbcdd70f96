import type { StreamKind } from '@sallyport/kubernetes';
import type { Exchange } from '../exchange.ts';

/** Why the gateway ended a stream. `unjudged`: nobody could be asked for longer than the grace period. */
export type StreamEndReason = 'session-ended' | 'not-allowed' | 'unjudged' | 'draining';
export type StreamEnd = { reason: StreamEndReason; code: 'unauthenticated' | 'forbidden' | 'authorize-unavailable' | 'service-unavailable'; detail: string; rule?: string };

/** An exchange that stays open: registered before anything goes upstream, until its last byte. */
export type OpenStream = {
  readonly id: string;
  readonly kind: StreamKind;
  readonly exchange: Exchange;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** When it is to be judged again at the latest. */
  dueAt: number;
  /** Since when nobody could be asked about it. */
  unjudgedSince: number | undefined;
  judging: boolean;
  /** Ends it so that the client can read why, where its protocol can carry that; set once anything has gone upstream. */
  cutter: ((end: StreamEnd) => void) | undefined;
  /** Its answer has begun. */
  answered: boolean;
  end: StreamEnd | undefined;
};

/** Exec, attach and port-forward are use of a session; a watch or a log is open while nobody looks. */
export function countsAsUse(kind: StreamKind): boolean {
  return kind === 'exec' || kind === 'attach' || kind === 'portforward';
}
