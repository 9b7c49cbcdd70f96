/**
 * Why the gateway ended a stream. `unjudged`: authorize could not be reached for longer than the grace period.
 * `ended-by-user`: its owner ended it, or someone who may end the streams of others.
 */
type StreamEndReason = 'session-ended' | 'not-allowed' | 'unjudged' | 'ended-by-user' | 'draining';

export type StreamEnd = {
  reason: StreamEndReason;
  code: 'unauthenticated' | 'forbidden' | 'authorize-unavailable' | 'service-unavailable';
  detail: string;
  rule?: string;
};

/** Ends an exchange for a reason, in the way that fits how far it has come. */
export type EndExchange = (end: StreamEnd) => void;
