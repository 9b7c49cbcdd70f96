import type { StreamObserver } from '@sallyport/kubernetes';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { OpenStream } from '../exchange/exchange.ts';
import type { StreamEnd } from '../exchange/stream-end.ts';

/** Records what happens to streams, in addition to the stages of their request. */
export type StreamEvents = {
  answered(stream: OpenStream): void;
  cut(stream: OpenStream, end: StreamEnd): void;
  closed(stream: OpenStream): void;
};

/** What the observer saw: numbers only, nothing that was sent. */
function observed(observer: StreamObserver | undefined) {
  if (!observer) return undefined;
  const { channels, exitCode, ports } = observer.summary();
  return {
    channels: channels as Record<string, { fromClient: number; fromServer: number }>,
    exitCode,
    unread: observer.reason,
    ports: ports && ports.length > 0 ? ports : undefined,
  };
}

/**
 * Records streams in the audit trail, under their own ids. The members are in the order of RFC 8785, because that makes
 * an event cheap to seal.
 */
export function createStreamEvents(trail: Pick<AuditTrail, 'stream'>): StreamEvents {
  return {
    answered: ({ exchange, id, kind }) => trail.stream(exchange, 'stream.opened', { stream: { id, kind } }),
    cut: ({ exchange, id, kind }, { detail, reason }) =>
      trail.stream(exchange, 'stream.cut', { stream: { detail, id, kind, reason } }),
    closed({ exchange, id, kind, end }) {
      const seen = observed(exchange.observer);
      const stream = {
        channels: seen?.channels,
        exitCode: seen?.exitCode,
        id,
        kind,
        reason: end?.reason,
        unread: seen?.unread,
      };
      trail.stream(exchange, 'stream.closed', {
        ...(seen?.ports ? { portForward: { ports: seen.ports } } : {}),
        stream,
      });
    },
  };
}
