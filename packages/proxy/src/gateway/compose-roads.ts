import type { Duplex } from 'node:stream';
import { createAuditRecord, createIdSource, microTime, type AuditSink } from '@sallyport/audit-log';
import type { Config } from '@sallyport/contracts';
import type { Recorder } from '@sallyport/recordings';
import type { Logger, Metrics, SessionTokenVerifier, Span } from '@sallyport/kit';
import { createAccessReviews, type AccessReviews } from '../access-review/access-reviews.ts';
import { createAuditTrail } from '../audit/audit-trail.ts';
import { createRecordingEvents } from '../audit/recording-events.ts';
import { createReservedIds } from '../audit/reserved-ids.ts';
import { createActingChecks } from '../authorize/acting-checks.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import { createBeginExchange } from '../exchange/begin-exchange.ts';
import type { ClientRequest } from '../exchange/client-message.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { WebRoute } from '../exchange/web-route.ts';
import { createFindHint, type FindHintDeps } from '../hints/find-hint.ts';
import { createHintRefusals } from '../hints/hint-refusals.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { createOpenBody } from '../passage/open-body.ts';
import { createExchangeRecorder } from '../passage/record-exchange.ts';
import type { RoadParts } from '../passage/road-parts.ts';
import { createRecordings } from '../recordings/create-recordings.ts';
import { createLiveSessions } from '../recordings/live-sessions.ts';
import { createRoad } from '../road/create-road.ts';
import type { ClusterPages } from '../road/send-status.ts';
import { createStreams } from '../streams/create-streams.ts';
import { createStreamEvents, createStreamLifecycle } from '../streams/stream-lifecycle.ts';
import { createAskRecorded, type AskRecorded } from '../upstream/ask-cluster.ts';
import { createAuditedClusterKinds, type ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { Upstream, Upstreams } from '../upstream/upstream.ts';
import type { Applications } from '../web-identity/read-application-token.ts';
import { createWebRoad } from '../web/create-web-road.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';

export type RoadsDeps = {
  sink: AuditSink;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  upstreams: Upstreams;
  checks: CheckClient;
  /** For rechecking open streams, so that requests do not queue behind them. */
  streamChecks?: CheckClient;
  addressOf(peer: string | undefined, forwardedFor: string | undefined): string;
  replica: string;
  hashKey: Buffer;
  settings: Pick<Config, 'audit' | 'timeouts' | 'streams' | 'recordings'>;
  track(socket: Duplex): void;
  clientCertificateOf?: ClientCertificateOf;
  /** Verifies the tokens of Pomerium's clients. Without it none of them is accepted. */
  tokens?: SessionTokenVerifier | undefined;
  /** Decides about applications that act for their users. Without it none of them may. */
  applications?: Applications | undefined;
  /** Begins the sessions of workloads, with what asks clusters. Without it their tokens are refused. */
  workloads?: ((ask: AskRecorded) => WorkloadSessions) | undefined;
  /** Begins the span of a request that is traced. Without it none is. */
  beginSpan?: ((request: ClientRequest) => Span | undefined) | undefined;
  /** Records sessions. Without it none can be. */
  recorder?: Recorder | undefined;
  /** Finds what callers can do about a refusal of a cluster. Without it, refusals are passed on as they are. */
  hints?: Pick<FindHintDeps, 'candidates'> & { enabled(): boolean };
  /** What a browser at the address of a cluster is shown. */
  clusterPages: ClusterPages;
  /** The web applications. Without them there are none. */
  web?: {
    routeOf(request: ClientRequest): WebRoute | undefined;
    /** Finds those in plain http. Without it there are none. */
    plainRouteOf?(request: ClientRequest): WebRoute | undefined;
    /** The origin of the login pages. */
    loginOrigin: string;
  };
};

const clock = () => performance.now();

/** Creates the audit trail, and what asks clusters for the gateway itself, which is recorded there. */
function createAudit({ sink, settings, hashKey, now }: RoadsDeps) {
  const ids = { now, randomId: createIdSource({ now }) };
  const createRecord = (about: Parameters<typeof createAuditRecord>[0]) => createAuditRecord(about, ids);
  const ask = createAskRecorded({ sink, now, createRecord });
  const reserved = createReservedIds({ sink, clock, createRecord });
  const trail = createAuditTrail({ sink, settings: settings.audit, ids: reserved, hashKey, microTime, createRecord });
  const time = () => microTime(now());
  const recordingEvents = createRecordingEvents({ sink, createRecord, time }, settings.audit.whenUnavailable.exec);
  return {
    ask,
    trail,
    recordingEvents,
    reserved,
    kindsOf: createAuditedClusterKinds({ ask }),
    reviews: createAccessReviews({ ask, clock }),
  };
}

function createHints({ hints }: RoadsDeps, reviews: AccessReviews) {
  if (!hints) return undefined;
  const find = createFindHint({ candidates: hints.candidates, reviews, clock });
  return createHintRefusals({ find, enabled: hints.enabled });
}

/** Composes both roads, and what they share. */
export function composeRoads(deps: RoadsDeps) {
  const { logger, metrics, now, upstreams, replica, settings, beginSpan, web } = deps;
  const { ask, trail, recordingEvents, reserved, kindsOf, reviews } = createAudit(deps);
  const withRights = (client: CheckClient) =>
    createActingChecks({ client, reviews, upstreamOf: (name) => upstreams.byName(name) });
  const checks = withRights(deps.checks);
  const streams = createStreams({
    settings: settings.streams,
    checks: withRights(deps.streamChecks ?? deps.checks),
    events: createStreamEvents(trail),
    metrics,
    now,
    replica,
  });
  const live = createLiveSessions();
  const recordings = createRecordings({
    live,
    recorder: deps.recorder,
    events: recordingEvents,
    settings: settings.recordings,
    trail,
    cut: (stream, end) => streams.registry.cut(stream, end),
    logger,
    metrics,
    now,
  });
  const lifecycle = createStreamLifecycle(streams, trail);
  const recorder = createExchangeRecorder({
    lifecycle,
    logger,
    metrics,
    clusters: () => upstreams.all().map(({ name }) => name),
  });
  const parts: RoadParts = {
    trail,
    streams,
    lifecycle,
    recorder,
    openBody: createOpenBody({ checks, changesReceived: streams.changesReceived }),
    clientCertificateOf: deps.clientCertificateOf ?? (() => undefined),
    tokens: deps.tokens,
    workloads: deps.workloads?.(ask),
    timeouts: settings.timeouts,
    track: deps.track,
    isTraced: beginSpan !== undefined,
  };
  const hintRefusals = createHints(deps, reviews);
  const { applications, clusterPages } = deps;
  const toCluster = createRoad(parts, {
    upstreams,
    checks,
    kindsOf,
    applications,
    hintRefusals,
    recordings,
    clusterPages,
  });
  const toApplication = createWebRoad(parts, { checks: deps.checks, loginOrigin: web?.loginOrigin ?? '' });
  const clientAddress = deps.addressOf;
  return {
    begin: createBeginExchange({ clientAddress, beginSpan, routeOf: web?.routeOf }),
    /** The same on the listener of the login pages. */
    beginPlain: createBeginExchange({ clientAddress, beginSpan, routeOf: web?.plainRouteOf }),
    /** Takes the road of an exchange to its end. */
    take: (exchange: Exchange): Promise<void> =>
      exchange.kind === 'cluster' ? toCluster(exchange) : toApplication(exchange),
    /** Reports whether a request is for a web application. */
    isForApplication: (request: ClientRequest) => web?.routeOf(request) !== undefined,
    recorder,
    streams,
    live,
    /** Waits until all recordings are finished, for up to `ms`. To be called when all exchanges have ended. */
    settleRecordings: recordings.settle,
    /** Records that this process sends nothing more. To be called when all exchanges have ended. */
    release: reserved.release,
    /** What a cluster reports about its kinds. */
    kindsOf: (upstream: Upstream | undefined): ClusterKinds | undefined => upstream && kindsOf(upstream),
    /** What clusters answer about the rights of a person. */
    reviews,
    /** Begins the sessions of workloads, if any are configured. */
    workloads: parts.workloads,
  };
}
export type Roads = ReturnType<typeof composeRoads>;
