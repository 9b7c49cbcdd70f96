import type { AuditTrail } from '../audit-trail.ts';
import type { OpenStream, StreamEnd } from './open-stream.ts';

/** What is recorded of streams besides the stages of their request. */
export type StreamEvents = { opened(stream: OpenStream): void; cut(stream: OpenStream, end: StreamEnd): void; closed(stream: OpenStream): void };

/** Records streams on the audit trail, under their own ids. */
export function createStreamEvents(trail: Pick<AuditTrail, 'stream'>): StreamEvents {
  const about = ({ id, kind }: OpenStream) => ({ id, kind });
  return {
    opened: (stream) => trail.stream(stream.exchange, 'stream.opened', about(stream)),
    cut: (stream, end) => trail.stream(stream.exchange, 'stream.cut', { ...about(stream), reason: end.reason, detail: end.detail }),
    closed: (stream) => trail.stream(stream.exchange, 'stream.closed', { ...about(stream), ...(stream.end ? { reason: stream.end.reason } : {}) }),
  };
}
