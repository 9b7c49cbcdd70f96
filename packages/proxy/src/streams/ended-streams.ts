import { clientText } from '../describe-event.ts';
import type { OpenStream } from './open-stream.ts';

/** A stream as it is listed. Times are RFC 3339. */
export type StreamRow = {
  id: string; kind: string; proxy: string; cluster: string; user: string; issuer: string; subject: string; sessionId: string;
  namespace: string; resource: string; name: string; subresource: string; clientAddress: string; auditId: string;
  openedAt: string; bytesIn: number; bytesOut: number;
  endedAt?: string;
  /** Set if the gateway ended it; otherwise one of the two sides did. */
  reason?: string; detail?: string;
};

const kept = 1000;

/** What is told of a stream; `endedAt` (milliseconds since the epoch) if it is over. */
export function describeStream({ id, kind, exchange, openedAt, end }: OpenStream, proxy: string, endedAt: number | undefined): StreamRow {
  const { answer, kube, upstream } = exchange;
  return {
    id, kind, proxy, cluster: upstream?.name ?? '', user: answer?.identity?.user ?? '', issuer: answer?.identity?.issuer ?? '', subject: answer?.identity?.subject ?? '', sessionId: answer?.session?.id ?? '',
    namespace: clientText(kube?.namespace ?? ''), resource: clientText(kube?.resource ?? ''), name: clientText(kube?.name ?? ''), subresource: clientText(kube?.subresource ?? ''),
    clientAddress: exchange.clientAddress, auditId: exchange.auditId, openedAt: new Date(openedAt).toISOString(), bytesIn: exchange.bytesIn, bytesOut: exchange.bytesOut,
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    ...(end === undefined ? {} : { reason: end.reason, detail: end.detail }),
  };
}

/** The latest streams that have ended, newest first: the last 1,000, for whoever asks why theirs did. */
export function createEndedStreams(): { add(row: StreamRow): void; rows(): StreamRow[] } {
  const ring: StreamRow[] = [];
  let next = 0;
  return {
    add(row) {
      ring[next] = row;
      next = (next + 1) % kept;
    },
    rows: () => [...ring.slice(0, next).toReversed(), ...ring.slice(next).toReversed()],
  };
}
