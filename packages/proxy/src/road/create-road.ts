import { createAuditRecord, createIdSource, microTime, type AuditSink } from '@sallyport/audit-log';
import { type Logger, type Metrics, type SessionTokenVerifier } from '@sallyport/kit';
import type { Config } from '@sallyport/contracts';
import type { Duplex } from 'node:stream';
import { createAuditTrail } from '../audit/audit-trail.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import { createBeginExchange, type BeginExchange } from '../exchange/begin-exchange.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { createStreams, type Streams } from '../streams/create-streams.ts';
import { createStreamEvents } from '../streams/stream-events.ts';
import { createStreamLifecycle } from '../streams/stream-lifecycle.ts';
import { createAuditedClusterKinds } from '../upstream/audited-cluster-kinds.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { createCheck } from './check.ts';
import { createForward } from './forward.ts';
import { createGateway } from './gateway.ts';
import { createImpersonate } from './impersonate.ts';
import { createOpenBody } from './open-body.ts';
import { createReadCredential } from './read-credential.ts';
import { createReadKubeRequest } from './read-kube-request.ts';
import { createReadTarget } from './read-target.ts';
import { createExchangeRecorder, type ExchangeRecorder } from './record-exchange.ts';
import { sendStatus } from './send-status.ts';
import { createTunnel } from './tunnel.ts';

type RoadDeps = {
  sink: AuditSink;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  upstreams: Upstreams;
  checks: CheckClient;
  addressOf(peer: string | undefined, forwardedFor: string | undefined): string;
  producer: string;
  hashKey: Buffer;
  settings: Pick<Config, 'audit' | 'timeouts' | 'streams'>;
  track(socket: Duplex): void;
  clientCertificateOf?: ClientCertificateOf;
  /** Verifies the tokens of Pomerium's clients. Without it none of them is accepted. */
  tokens?: SessionTokenVerifier | undefined;
  /** For rechecking open streams, so that requests do not queue behind them. */
  streamChecks?: CheckClient;
};

export type Road = {
  begin: BeginExchange;
  gateway(exchange: Exchange): Promise<void>;
  recorder: ExchangeRecorder;
  streams: Streams;
  /** What a cluster reports about its kinds. */
  kindsOf(upstream: Upstream | undefined): ClusterKinds | undefined;
};

function createAudit({ sink, settings, producer, hashKey, now }: RoadDeps) {
  const ids = { now, randomId: createIdSource({ now }) };
  const createRecord = (about: Parameters<typeof createAuditRecord>[0]) => createAuditRecord(about, ids);
  return {
    trail: createAuditTrail({ sink, settings: settings.audit, producer, hashKey, microTime, createRecord }),
    kindsOf: createAuditedClusterKinds({ sink, producer, now, createRecord }),
  };
}

/** Composes the steps of the road. */
export function createRoad(deps: RoadDeps): Road {
  const { trail, kindsOf } = createAudit(deps);
  const streams = createStreams({
    ...deps,
    settings: deps.settings.streams,
    checks: deps.streamChecks ?? deps.checks,
    events: createStreamEvents(trail),
  });
  const lifecycle = createStreamLifecycle(streams, trail);
  const recorder = createExchangeRecorder({ ...deps, lifecycle });
  const fail = (exchange: Exchange, error: unknown) => {
    sendStatus(exchange, error);
    recorder.failed(exchange, error);
  };
  const { connect: connectTimeout, firstByte } = deps.settings.timeouts;
  const { changesReceived } = streams;
  const openBody = createOpenBody({ checks: deps.checks, changesReceived });
  const forward = createForward({ firstByte, openBody, lifecycle, fail });
  const tunnel = createTunnel({ connectTimeout, firstByte, lifecycle, fail, track: deps.track });
  const gateway = createGateway({
    openAudit: trail.open,
    readTarget: createReadTarget(deps),
    readKubeRequest: createReadKubeRequest(),
    readCredential: createReadCredential(deps),
    check: createCheck({
      client: deps.checks,
      clientCertificateOf: deps.clientCertificateOf ?? (() => undefined),
      changesReceived,
      kindsOf,
    }),
    admitStream: lifecycle.admitted,
    commitAudit: trail.commit,
    impersonate: createImpersonate(),
    refuseEnded: streams.refuseEnded,
    send: (exchange) => (exchange.upgrade ? tunnel(exchange) : forward(exchange)),
    sendStatus: fail,
  });
  return {
    begin: createBeginExchange({ clientAddress: deps.addressOf }),
    gateway,
    recorder,
    streams,
    kindsOf: (upstream) => upstream && kindsOf(upstream),
  };
}
