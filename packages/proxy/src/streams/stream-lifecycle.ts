import type { StreamObserver } from '@sallyport/kubernetes';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { AllowedExchange, EndExchange, Exchange, OpenStream, StreamEnd } from '../exchange/exchange.ts';

/**
 * What happens to an exchange, stream or not, after it was allowed, in this order. Any of the first three may never
 * come.
 */
export type StreamLifecycle = {
  /** Nothing has gone upstream yet. Throws `too-many-requests` beyond a limit. */
  admitted(exchange: AllowedExchange): void;
  /** The request goes upstream. `refuse` ends it there and tells the client, as long as no response has begun. */
  sent(exchange: AllowedExchange, refuse: EndExchange): void;
  /** The response has begun. `cut` ends it: readably if possible, otherwise so that it does not look complete. */
  answered(exchange: AllowedExchange, cut: EndExchange): void;
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
      if (exchange.asked.longRunning) trail.answered(exchange);
      streams.answered(exchange, cut);
    },
    closed(exchange) {
      trail.closed(exchange);
      streams.closed(exchange);
      exchange.recording?.finish();
    },
  };
}

/** Records what happens to streams, in addition to the stages of their request. */
export type StreamEvents = {
  /** A plain request has run for long. */
  adopted(stream: OpenStream): void;
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

const recordingOf = ({ recording }: AllowedExchange) => (recording?.isWhole ? { recording: { id: recording.id } } : {});

/**
 * Records streams in the audit trail, under their own ids. The members are in the order of RFC 8785, because that makes
 * an event cheap to seal.
 */
export function createStreamEvents(trail: Pick<AuditTrail, 'stream' | 'begun'>): StreamEvents {
  return {
    adopted: ({ exchange }) => trail.begun(exchange),
    answered: ({ exchange, id, kind }) =>
      trail.stream(exchange, 'stream.opened', { ...recordingOf(exchange), stream: { id, kind } }),
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
        ...recordingOf(exchange),
        ...(seen?.ports ? { portForward: { ports: seen.ports } } : {}),
        stream,
      });
    },
  };
}
