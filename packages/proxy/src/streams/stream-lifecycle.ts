import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { EndExchange } from '../exchange/stream-end.ts';

/**
 * What happens to an exchange, stream or not, after it was allowed, in this order. Any of the first three may never
 * come.
 */
export type StreamLifecycle = {
  /** Nothing has gone upstream yet. Throws `too-many-requests` beyond a limit. */
  admitted(exchange: Exchange): void;
  /** The request goes upstream. `refuse` ends it there and tells the client, as long as no response has begun. */
  sent(exchange: Exchange, refuse: EndExchange): void;
  /** The response has begun. `cut` ends it: readably if possible, otherwise so that it does not look complete. */
  answered(exchange: Exchange, cut: EndExchange): void;
  /** It is over, whatever ended it. Also called for requests that were never admitted. */
  closed(exchange: Exchange): void;
};

/** Records the life cycle in the audit trail, each time before the streams act on it. */
export function createStreamLifecycle(
  streams: StreamLifecycle,
  trail: Pick<AuditTrail, 'answered' | 'closed'>,
): StreamLifecycle {
  return {
    admitted: streams.admitted,
    sent: streams.sent,
    answered(exchange, cut) {
      if (exchange.kube?.longRunning ?? exchange.upgrade !== undefined) trail.answered(exchange);
      streams.answered(exchange, cut);
    },
    closed(exchange) {
      trail.closed(exchange);
      streams.closed(exchange);
    },
  };
}
