import type { Duplex, Readable } from 'node:stream';
import type { SessionTokenVerifier } from '@sallyport/kit';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { Streams } from '../streams/create-streams.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { traceUpstream } from '../tracing/request-span.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import type { ExchangeRecorder } from './record-exchange.ts';
import { createTunnel } from './tunnel.ts';

/** What both roads are built with, and built once. */
export type RoadParts = {
  trail: Pick<AuditTrail, 'open' | 'commit' | 'written'>;
  streams: Pick<Streams, 'changesReceived' | 'refuseEnded'>;
  lifecycle: StreamLifecycle;
  recorder: Pick<ExchangeRecorder, 'failed'>;
  /** Opens the body of a request: a stream, an empty string for an empty body, or undefined for no body. */
  openBody(exchange: Exchange): Readable | string | undefined;
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

/** Creates what answers an exchange that goes no further, and records why. */
export function createFail(
  { recorder }: Pick<RoadParts, 'recorder'>,
  answer: (exchange: Exchange, error: unknown) => void,
): (exchange: Exchange, error: unknown) => void {
  return (exchange, error) => {
    answer(exchange, error);
    recorder.failed(exchange, error);
  };
}

/** Creates the last step of a road: `forward`, or a tunnel for an upgrade. */
export function createSend(
  { timeouts, lifecycle, trail, track, isTraced }: RoadParts,
  { forward, ...rest }: { forward: Step } & Pick<Parameters<typeof createTunnel>[0], 'fail' | 'clean'>,
): Step {
  const tunnel = createTunnel({
    connectTimeout: timeouts.connect,
    firstByte: timeouts.firstByte,
    lifecycle,
    written: trail.written,
    track,
    ...rest,
  });
  const send: Step = (exchange) => (exchange.upgrade ? tunnel(exchange) : forward(exchange));
  return isTraced ? traceUpstream(send) : send;
}
