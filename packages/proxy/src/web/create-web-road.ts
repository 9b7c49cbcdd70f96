import type { Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { SessionTokenVerifier } from '@sallyport/kit';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { ExchangeRecorder } from '../passage/record-exchange.ts';
import { createTunnel } from '../passage/tunnel.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import type { Streams } from '../streams/create-streams.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { traceUpstream } from '../tracing/request-span.ts';
import { createBuildWebHeaders } from './build-web-headers.ts';
import { createCheckWeb } from './check-web.ts';
import { cleanWebResponse } from './clean-web-response.ts';
import { createForwardWeb } from './forward-web.ts';
import { createReadWebCredential } from './read-web-credential.ts';
import { createReadWebRequest } from './read-web-request.ts';
import { createRefuseForeignPage } from './refuse-foreign-page.ts';
import { createSendWebProblem, type BeginWebLogin } from './send-web-problem.ts';
import { createWebGateway } from './web-gateway.ts';

/** What requests to web applications need besides the parts of the road to clusters. */
export type WebParts = { beginLogin: BeginWebLogin };

type WebRoadDeps = WebParts & {
  trail: Pick<AuditTrail, 'open' | 'commit' | 'written'>;
  checks: CheckClient;
  clientCertificateOf: ClientCertificateOf;
  tokens: SessionTokenVerifier | undefined;
  workloads?: WorkloadSessions | undefined;
  streams: Pick<Streams, 'changesReceived' | 'refuseEnded'>;
  lifecycle: StreamLifecycle;
  recorder: Pick<ExchangeRecorder, 'failed'>;
  timeouts: { connect: number; firstByte: number };
  openBody(exchange: Exchange): Readable | string | undefined;
  track(socket: Duplex): void;
  /** Whether requests may be traced. */
  isTraced: boolean;
};

/** Composes the steps of a request to a web application. */
export function createWebRoad(deps: WebRoadDeps): (exchange: Exchange) => Promise<void> {
  const { trail, lifecycle, streams, recorder, openBody, track } = deps;
  const sendProblem = createSendWebProblem(deps);
  const fail = (exchange: Exchange, error: unknown) => {
    sendProblem(exchange, error);
    recorder.failed(exchange, error);
  };
  const { written } = trail;
  const forward = createForwardWeb({ openBody, lifecycle, written, fail });
  const tunnel = createTunnel({
    connectTimeout: deps.timeouts.connect,
    firstByte: deps.timeouts.firstByte,
    lifecycle,
    written,
    fail,
    track,
    clean: cleanWebResponse,
  });
  const send: Step = (exchange) => (exchange.upgrade ? tunnel(exchange) : forward(exchange));
  return createWebGateway({
    openAudit: trail.open,
    readWebRequest: createReadWebRequest(),
    readWebCredential: createReadWebCredential(deps),
    refuseForeignPage: createRefuseForeignPage(),
    check: createCheckWeb({
      client: deps.checks,
      clientCertificateOf: deps.clientCertificateOf,
      changesReceived: streams.changesReceived,
      workloads: deps.workloads,
    }),
    admitStream: lifecycle.admitted,
    commitAudit: trail.commit,
    buildWebHeaders: createBuildWebHeaders(deps),
    refuseEnded: streams.refuseEnded,
    send: deps.isTraced ? traceUpstream(send) : send,
    sendProblem: fail,
  });
}
