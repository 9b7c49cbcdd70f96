import type { SallyportPart } from '@sallyport/contracts';
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

type Part = Pick<SallyportPart, 'stream' | 'portForward'>;

/** What the observer saw: numbers only, nothing that was sent. */
function observed(observer: StreamObserver | undefined): {
  stream: Partial<NonNullable<Part['stream']>>;
  portForward?: Part['portForward'];
} {
  if (!observer) return { stream: {} };
  const { channels, exitCode, ports } = observer.summary();
  return {
    stream: {
      channels: channels as Record<string, { fromClient: number; fromServer: number }>,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(observer.reason === undefined ? {} : { unread: observer.reason }),
    },
    ...(ports && ports.length > 0 ? { portForward: { ports } } : {}),
  };
}

/** Records streams in the audit trail, under their own ids. */
export function createStreamEvents(trail: Pick<AuditTrail, 'stream'>): StreamEvents {
  const about = ({ id, kind }: OpenStream) => ({ id, kind });
  return {
    answered: (stream) => trail.stream(stream.exchange, 'stream.opened', { stream: about(stream) }),
    cut: (stream, end) =>
      trail.stream(stream.exchange, 'stream.cut', {
        stream: { ...about(stream), reason: end.reason, detail: end.detail },
      }),
    closed(stream) {
      const seen = observed(stream.exchange.observer);
      trail.stream(stream.exchange, 'stream.closed', {
        ...seen,
        stream: { ...about(stream), ...(stream.end ? { reason: stream.end.reason } : {}), ...seen.stream },
      });
    },
  };
}
