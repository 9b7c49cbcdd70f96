import { createAuditRecord, createIdSource, microTime, type AuditSink } from '@sallyport/audit-log';
import { type Logger, type Metrics, type SessionTokenVerifier } from '@sallyport/kit';
import type { Config } from '@sallyport/contracts';
import type { Duplex } from 'node:stream';
import { createAuditTrail } from '../audit/audit-trail.ts';
import { createBeginExchange, type BeginExchange } from '../exchange/begin-exchange.ts';
import type { CheckClient } from '../authorize/check-client.ts';
import { createCheck } from './check.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { createExchangeEnds, type ExchangeEnds } from '../exchange/finish-exchange.ts';
import { createForward } from './forward.ts';
import { createGateway } from './gateway.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { createImpersonate } from './impersonate.ts';
import { createOpenBody } from './open-body.ts';
import { createReadCredential } from './read-credential.ts';
import { createReadKubeRequest } from './read-kube-request.ts';
import { createReadTarget } from './read-target.ts';
import { sendStatus } from './send-status.ts';
import { createStreams, type Streams } from '../streams/create-streams.ts';
import { createStreamEvents } from '../streams/stream-events.ts';
import type { StreamEnd } from '../streams/open-stream.ts';
import { createTunnel } from './tunnel.ts';
import { createAskForKinds } from '../upstream/ask-for-kinds.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

export type RoadDeps = {
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
  /** Judges the tokens of Pomerium's clients; without it none of them is taken. */
  tokens?: SessionTokenVerifier | undefined;
  /** For asking about open streams, so that requests do not queue up behind them. */
  streamChecks?: CheckClient;
};
export type Road = {
  begin: BeginExchange;
  gateway(exchange: Exchange): Promise<void>;
  ends: ExchangeEnds;
  streams: Streams;
  /** What a cluster says of its kinds. */
  kindsOf(upstream: Upstream | undefined): ClusterKinds | undefined;
};

/** Composes the steps of the Kubernetes road. */
export function createRoad(deps: RoadDeps): Road {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  const trail = createAuditTrail({
    sink: deps.sink,
    settings: deps.settings.audit,
    producer: deps.producer,
    hashKey: deps.hashKey,
    microTime,
    createRecord: (about) => createAuditRecord(about, ids),
  });
  const kindsOf = createAskForKinds({
    sink: deps.sink,
    producer: deps.producer,
    now: deps.now,
    createRecord: (about) => createAuditRecord(about, ids),
  });
  const streams = createStreams({
    ...deps,
    settings: deps.settings.streams,
    checks: deps.streamChecks ?? deps.checks,
    events: createStreamEvents(trail),
  });
  const ends = createExchangeEnds({ trail, logger: deps.logger, metrics: deps.metrics, closed: streams.closed });
  const started = (exchange: Exchange, cut: (end: StreamEnd) => void) => {
    if (exchange.kube!.longRunning) trail.started(exchange);
    streams.opened(exchange, cut);
  };
  const fail = (exchange: Exchange, error: unknown) => {
    sendStatus(exchange, error);
    ends.failed(exchange, error);
  };
  const { connect: connectTimeout, firstByte } = deps.settings.timeouts;
  const openBody = createOpenBody({ checks: deps.checks, changesHeard: streams.changesHeard });
  const forward = createForward({ firstByte, openBody, sent: streams.sent, started, fail });
  const tunnel = createTunnel({ connectTimeout, firstByte, sent: streams.sent, started, fail, track: deps.track });
  const send = (exchange: Exchange) => {
    void streams.refuseEnded(exchange);
    return exchange.upgrade ? tunnel(exchange) : forward(exchange);
  };
  const gateway = createGateway({
    openAudit: trail.open,
    readTarget: createReadTarget(deps),
    readKubeRequest: createReadKubeRequest(),
    readCredential: createReadCredential(deps),
    check: createCheck({
      client: deps.checks,
      clientCertificateOf: deps.clientCertificateOf ?? (() => undefined),
      changesHeard: streams.changesHeard,
      kindsOf,
    }),
    admitStream: streams.admit,
    commitAudit: trail.commit,
    impersonate: createImpersonate(),
    send,
    sendStatus: fail,
  });
  return {
    begin: createBeginExchange({ clientAddress: deps.addressOf }),
    gateway,
    ends,
    streams,
    kindsOf: (upstream) => upstream && kindsOf(upstream),
  };
}
