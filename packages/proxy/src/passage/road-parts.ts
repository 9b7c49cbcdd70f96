import type { Duplex, Readable } from 'node:stream';
import type { SessionTokenVerifier } from '@sallyport/kit';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Allowed, AllowedExchange, Exchange, Step } from '../exchange/exchange.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { Streams } from '../streams/create-streams.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { traceUpstream } from '../tracing/request-span.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import type { ExchangeRecorder } from './record-exchange.ts';
import { createTunnel, type TunnelDeps } from './tunnel.ts';

/** What both roads are built with, and built once. */
export type RoadParts = {
  trail: Pick<AuditTrail, 'open' | 'commit' | 'begun' | 'closed' | 'written'>;
  streams: Pick<Streams, 'changesReceived' | 'refuseEnded'>;
  lifecycle: StreamLifecycle;
  recorder: Pick<ExchangeRecorder, 'failed'>;
  /** Opens the body of a request: a stream, an empty string for an empty body, or undefined for no body. */
  openBody(exchange: AllowedExchange): Readable | string | undefined;
  clientCertificateOf: ClientCertificateOf;
  /** Verifies the tokens of Pomerium's clients. Without it none of them is accepted. */
  tokens: SessionTokenVerifier | undefined;
  /** Begins the sessions of workloads. Without it their tokens are refused. */
  workloads: WorkloadSessions | undefined;
  timeouts: { connect: number; firstByte: number };
  track(socket: Duplex): void;
  /** Whether requests may be traced. */
  isTraced: boolean;
};

/** Creates the function that answers an exchange that goes no further, and records why. */
export function createFail<E extends Exchange>(
  { recorder }: Pick<RoadParts, 'recorder'>,
  answer: (exchange: E, error: unknown) => void,
): (exchange: E, error: unknown) => void {
  return (exchange, error) => {
    answer(exchange, error);
    recorder.failed(exchange, error);
  };
}

/** Creates the last step of a road: `forward`, or a tunnel for an upgrade. */
export function createSend<E extends Exchange>(
  { timeouts, lifecycle, trail, track, isTraced }: RoadParts,
  {
    forward,
    fail,
    clean,
    readAlong,
  }: { forward: Step<Allowed<E>> } & Pick<TunnelDeps<E>, 'fail' | 'clean' | 'readAlong'>,
): Step<Allowed<E>> {
  const tunnel = createTunnel<E>({
    connectTimeout: timeouts.connect,
    firstByte: timeouts.firstByte,
    lifecycle,
    written: trail.written,
    track,
    fail,
    clean,
    readAlong,
  });
  const send: Step<Allowed<E>> = (exchange) =>
    exchange.upgrade ? tunnel(exchange, exchange.upgrade.socket) : forward(exchange);
  return isTraced ? traceUpstream(send) : send;
}
