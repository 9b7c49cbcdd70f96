import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createAuditRecord, createIdSource, microTime, type AuditSink } from '@sallyport/audit-log';
import { type Logger, type Metrics, type SessionTokenVerifier, type Span } from '@sallyport/kit';
import type { Config } from '@sallyport/contracts';
import { createAccessReviews, type AccessReviews } from '../access-review/access-reviews.ts';
import { createAuditTrail } from '../audit/audit-trail.ts';
import { createActingChecks } from '../authorize/acting-checks.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import { createBeginExchange, type BeginExchange } from '../exchange/begin-exchange.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { cleanResponseHeaders } from '../headers/clean-response-headers.ts';
import { createFindHint, type FindHintDeps } from '../hints/find-hint.ts';
import { createHintRefusals } from '../hints/hint-refusals.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { createStreams, type Streams } from '../streams/create-streams.ts';
import { createStreamEvents, createStreamLifecycle } from '../streams/stream-lifecycle.ts';
import { traceUpstream } from '../tracing/request-span.ts';
import { createAuditedClusterKinds, type ClusterKinds } from '../upstream/cluster-kinds.ts';
import { createAskRecorded, type AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstream, Upstreams } from '../upstream/upstream.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import { createWebRoad, type WebParts } from '../web/create-web-road.ts';
import type { WebRoute } from '../exchange/web-route.ts';
import { createCheck } from './check.ts';
import { createBreakGlassWarning } from './break-glass-warning.ts';
import { createForward } from './forward.ts';
import { createGateway } from './gateway.ts';
import { createImpersonate } from './impersonate.ts';
import { createOpenBody } from '../passage/open-body.ts';
import { createReadCredential } from './read-credential.ts';
import { createReadKubeRequest } from './read-kube-request.ts';
import { createReadTarget } from './read-target.ts';
import { createExchangeRecorder, type ExchangeRecorder } from '../passage/record-exchange.ts';
import { sendStatus } from './send-status.ts';
import { createTunnel } from '../passage/tunnel.ts';
import type { Applications } from '../web-identity/read-application-token.ts';

type RoadDeps = {
  sink: AuditSink;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  upstreams: Upstreams;
  checks: CheckClient;
  addressOf(peer: string | undefined, forwardedFor: string | undefined): string;
  replica: string;
  hashKey: Buffer;
  settings: Pick<Config, 'audit' | 'timeouts' | 'streams'>;
  track(socket: Duplex): void;
  clientCertificateOf?: ClientCertificateOf;
  /** Verifies the tokens of Pomerium's clients. Without it none of them is accepted. */
  tokens?: SessionTokenVerifier | undefined;
  /** Decides about applications that act for their users. Without it none of them may. */
  applications?: Applications | undefined;
  /** Begins the sessions of workloads, with what asks clusters. Without it their tokens are refused. */
  workloads?: ((ask: AskRecorded) => WorkloadSessions) | undefined;
  /** Begins the span of a request that is traced. Without it none is. */
  beginSpan?: ((request: IncomingMessage) => Span | undefined) | undefined;
  /** For rechecking open streams, so that requests do not queue behind them. */
  streamChecks?: CheckClient;
  /** Finds what callers can do about a refusal of a cluster. Without it, refusals are passed on as they are. */
  hints?: Pick<FindHintDeps, 'candidates'> & { enabled(): boolean };
  /** The web applications. Without them there are none. */
  web?: WebParts & {
    routeOf(request: IncomingMessage): WebRoute | undefined;
    /** Finds those in plain http. Without it there are none. */
    plainRouteOf?(request: IncomingMessage): WebRoute | undefined;
  };
};

export type Road = {
  begin: BeginExchange;
  /** The same on the listener of the login pages. */
  beginPlain: BeginExchange;
  gateway(exchange: Exchange): Promise<void>;
  recorder: ExchangeRecorder;
  streams: Streams;
  /** What a cluster reports about its kinds. */
  kindsOf(upstream: Upstream | undefined): ClusterKinds | undefined;
  /** What clusters answer about the rights of a person. */
  reviews: AccessReviews;
  /** Begins the sessions of workloads, if any are configured. */
  workloads: WorkloadSessions | undefined;
};

function createAudit({ sink, settings, hashKey, now }: RoadDeps) {
  const ids = { now, randomId: createIdSource({ now }) };
  const createRecord = (about: Parameters<typeof createAuditRecord>[0]) => createAuditRecord(about, ids);
  const ask = createAskRecorded({ sink, now, createRecord });
  return {
    ask,
    trail: createAuditTrail({ sink, settings: settings.audit, hashKey, microTime, createRecord }),
    kindsOf: createAuditedClusterKinds({ ask }),
    reviews: createAccessReviews({ ask, clock: () => performance.now() }),
  };
}

type Sending = Pick<
  Parameters<typeof createForward>[0],
  'openBody' | 'lifecycle' | 'written' | 'warningOf' | 'fail'
> & {
  reviews: AccessReviews;
};

/** Creates the last step: forward, or tunnel for an upgrade. */
function createSend(
  { settings, track, hints, beginSpan }: RoadDeps,
  { openBody, warningOf, reviews, ...given }: Sending,
): Step {
  const { connect: connectTimeout, firstByte } = settings.timeouts;
  const find = hints && createFindHint({ ...hints, reviews, clock: () => performance.now() });
  const hintRefusals = find && createHintRefusals({ find, enabled: hints.enabled });
  const forward = createForward({ ...given, firstByte, openBody, warningOf, hintRefusals });
  const tunnel = createTunnel({ ...given, connectTimeout, firstByte, track, clean: cleanResponseHeaders });
  const send: Step = (exchange) => (exchange.upgrade ? tunnel(exchange) : forward(exchange));
  return beginSpan ? traceUpstream(send) : send;
}

type SharedWithWeb = Pick<
  Parameters<typeof createWebRoad>[0],
  'trail' | 'clientCertificateOf' | 'streams' | 'lifecycle' | 'recorder' | 'openBody' | 'workloads'
>;

/** Creates the road to web applications, which shares the audit and the streams. */
function createWeb({ web, checks, tokens, settings, track, beginSpan }: RoadDeps, shared: SharedWithWeb) {
  const isTraced = beginSpan !== undefined;
  return web && createWebRoad({ ...web, ...shared, checks, tokens, track, isTraced, timeouts: settings.timeouts });
}

/** Composes the steps of the road. */
export function createRoad(deps: RoadDeps): Road {
  const { ask, trail, kindsOf, reviews } = createAudit(deps);
  const workloads = deps.workloads?.(ask);
  const withRights = (client: CheckClient) =>
    createActingChecks({ client, reviews, upstreamOf: (name) => deps.upstreams.byName(name) });
  const checks = withRights(deps.checks);
  const streams = createStreams({
    ...deps,
    settings: deps.settings.streams,
    checks: withRights(deps.streamChecks ?? deps.checks),
    events: createStreamEvents(trail),
  });
  const lifecycle = createStreamLifecycle(streams, trail);
  const recorder = createExchangeRecorder({ ...deps, lifecycle });
  const fail = (exchange: Exchange, error: unknown) => {
    sendStatus(exchange, error);
    recorder.failed(exchange, error);
  };
  const { changesReceived } = streams;
  const openBody = createOpenBody({ checks, changesReceived });
  const warningOf = createBreakGlassWarning({ now: () => performance.now() });
  const send = createSend(deps, { openBody, lifecycle, written: trail.written, warningOf, reviews, fail });
  const clientCertificateOf = deps.clientCertificateOf ?? (() => undefined);
  const web = createWeb(deps, { trail, clientCertificateOf, streams, lifecycle, recorder, openBody, workloads });
  const toCluster = createGateway({
    openAudit: trail.open,
    readTarget: createReadTarget(deps),
    readKubeRequest: createReadKubeRequest(),
    readCredential: createReadCredential({ ...deps, workloads }),
    check: createCheck({ client: checks, clientCertificateOf, changesReceived, kindsOf, workloads }),
    admitStream: lifecycle.admitted,
    commitAudit: trail.commit,
    impersonate: createImpersonate(),
    refuseEnded: streams.refuseEnded,
    send,
    sendStatus: fail,
  });
  const beginning = { clientAddress: deps.addressOf, beginSpan: deps.beginSpan };
  return {
    begin: createBeginExchange({ ...beginning, routeOf: deps.web?.routeOf }),
    beginPlain: createBeginExchange({ ...beginning, routeOf: deps.web?.plainRouteOf }),
    gateway: (exchange) => (exchange.route ? web!(exchange) : toCluster(exchange)),
    recorder,
    streams,
    kindsOf: (upstream) => upstream && kindsOf(upstream),
    reviews,
    workloads,
  };
}
