import { randomUUID } from 'node:crypto';
import type { Config, OwnedStreamRow } from '@sallyport/contracts';
import { createListeners, ProblemError, type Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import {
  streamEndReasons,
  type AllowedExchange,
  type EndExchange,
  type Exchange,
  type OpenStream,
  type OpenStreamKind,
  type StreamEnd,
} from '../exchange/exchange.ts';
import { elevationsOf, firstEndOf } from './end-after-recheck.ts';
import { describeStream, createEndedStreams } from './describe-stream.ts';
import { ownerKey, clusterOf, createStreamIndexes, userOf } from './stream-indexes.ts';
import type { StreamEvents } from './stream-lifecycle.ts';

/** Of streams of a user, of streams to a cluster, and of requests of a user in flight. */
const limitNames = ['user', 'cluster', 'requests'] as const;
type Limit = (typeof limitNames)[number];

/** Registers the metrics of open streams. `sizes` is read when the metrics are. */
function createStreamMetrics(metrics: Metrics, sizes: () => { streams: number; requests: number }) {
  const registers = [metrics];
  const cuts = new Counter({
    name: 'sallyport_proxy_streams_cut_total',
    help: 'Streams that the gateway ended, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'sallyport_proxy_streams_refused_total',
    help: 'Streams and requests refused because of a limit, by limit.',
    labelNames: ['limit'],
    registers,
  });
  // From the start, so that an alert sees the first of each kind as a rise.
  for (const limit of limitNames) refused.inc({ limit }, 0);
  for (const reason of streamEndReasons) cuts.inc({ reason }, 0);
  new Gauge({
    name: 'sallyport_proxy_open_streams',
    help: 'Open streams.',
    registers,
    collect() {
      this.set(sizes().streams);
    },
  });
  new Gauge({
    name: 'sallyport_proxy_long_requests',
    help: 'Requests other than streams that have run for more than two seconds.',
    registers,
    collect() {
      this.set(sizes().requests);
    },
  });
  return { cuts, refused };
}

/** Every open stream of this gateway, and the latest of those that have ended. */
export type StreamRegistry = {
  /** Registers a stream. Throws `too-many-requests` beyond the limits per user and per cluster. */
  admitted(exchange: AllowedExchange, kind: OpenStreamKind): OpenStream;
  /** Registers a request that has run for long. It counts towards no limit of streams. */
  adopt(exchange: AllowedExchange): OpenStream;
  /** `refuse` ends the exchange until its response begins. An upload could otherwise not be ended while it lasts. */
  sent(exchange: Exchange, refuse: EndExchange): void;
  answered(exchange: Exchange, cut: EndExchange): void;
  closed(exchange: Exchange): void;
  /** Ends a stream. Does nothing if it is already being ended. */
  cut(stream: OpenStream, end: StreamEnd): void;
  all(): Iterable<OpenStream>;
  ofSession(sessionId: string): Iterable<OpenStream>;
  ofUser(user: { issuer: string; subject: string }): Iterable<OpenStream>;
  readonly size: number;
  /** The latest that have ended, newest first. */
  ended(): OwnedStreamRow[];
  /** Calls back with each stream that begins or ends. Returns a function that unsubscribes. */
  onChange(listener: (stream: OpenStream) => void): () => void;
  /** Counts a request that was refused because of a limit. */
  refused(limit: Limit): void;
};

type StreamRegistryDeps = {
  limits: Pick<Config['streams'], 'perUser' | 'perCluster' | 'recheck'>;
  events: StreamEvents;
  metrics: Metrics;
  now: () => number;
  replica: string;
};

function newStream(
  exchange: AllowedExchange,
  kind: OpenStreamKind,
  times: { openedAt: number; dueAt: number },
): OpenStream {
  const elevations = elevationsOf([exchange.answer]);
  return {
    id: randomUUID(),
    kind,
    exchange,
    openedAt: times.openedAt,
    dueAt: Math.min(times.dueAt, firstEndOf(elevations)),
    elevations,
    uncheckedSince: undefined,
    rechecking: false,
    answered: exchange.statusCode > 0,
    end: undefined,
  };
}

/** Sets how an exchange ends from now on. If it already has an end, it ends at once. */
function arm(exchange: Exchange, cutter: EndExchange): void {
  exchange.cutter = cutter;
  if (exchange.stream?.end) cutter(exchange.stream.end);
}

/**
 * Reports whether a stream that is over is recorded and listed: a plain request if the gateway ended it, any other
 * stream if it was open.
 */
function isRecorded({ kind, answered, end }: OpenStream): boolean {
  return end !== undefined || (answered && kind !== 'request');
}

/** Refuses a stream beyond the limits per user and per cluster. */
function createLimits(
  { perUser, perCluster }: StreamRegistryDeps['limits'],
  indexes: ReturnType<typeof createStreamIndexes>,
  refused: (limit: Limit) => void,
): (exchange: AllowedExchange) => void {
  const refuse = (limit: Limit, detail: string): never => {
    refused(limit);
    throw new ProblemError('too-many-requests', detail);
  };
  return (exchange) => {
    if (indexes.limitedUsers.of(userOf(exchange)).size >= perUser)
      refuse(
        'user',
        `You have ${perUser} streams (exec, watch, logs and the like) open on this gateway, which is the limit. Close some.`,
      );
    const cluster = clusterOf(exchange);
    if (indexes.limitedClusters.of(cluster).size >= perCluster)
      refuse(
        'cluster',
        `${exchange.kind === 'cluster' ? 'Cluster' : 'The application'} "${cluster}" has ${perCluster} streams open on this gateway, which is the limit.`,
      );
  };
}

/** Creates an empty registry. */
export function createStreamRegistry({ limits, events, metrics, now, replica }: StreamRegistryDeps): StreamRegistry {
  const streams = new Set<OpenStream>();
  let requests = 0;
  const indexes = createStreamIndexes();
  const ended = createEndedStreams();
  const changed = createListeners<OpenStream>();
  const { cuts, refused } = createStreamMetrics(metrics, () => ({ streams: streams.size - requests, requests }));
  const refuseBeyondLimits = createLimits(limits, indexes, (limit) => refused.inc({ limit }));
  const register = (exchange: AllowedExchange, kind: OpenStreamKind, openedAt: number) => {
    const stream = newStream(exchange, kind, { openedAt, dueAt: openedAt + limits.recheck });
    exchange.stream = stream;
    streams.add(stream);
    if (kind === 'request') requests += 1;
    indexes.add(stream);
    changed.tell(stream);
    return stream;
  };
  return {
    admitted(exchange, kind) {
      refuseBeyondLimits(exchange);
      return register(exchange, kind, now());
    },
    adopt(exchange) {
      const stream = register(exchange, 'request', exchange.receivedAt);
      events.adopted(stream);
      return stream;
    },
    sent: arm,
    answered(exchange, cut) {
      const { stream } = exchange;
      if (stream) {
        stream.answered = true;
        if (stream.kind !== 'request') events.answered(stream);
      }
      arm(exchange, cut);
    },
    closed({ stream }) {
      if (!stream || !streams.delete(stream)) return;
      if (stream.kind === 'request') requests -= 1;
      indexes.remove(stream);
      changed.tell(stream);
      if (!isRecorded(stream)) return;
      events.closed(stream);
      ended.add(describeStream(stream, replica, now()));
    },
    cut(stream, end) {
      if (stream.end) return;
      stream.end = end;
      cuts.inc({ reason: end.reason });
      events.cut(stream, end);
      stream.exchange.cutter?.(end);
    },
    all: () => streams.values(),
    ofSession: (sessionId) => indexes.sessions.of(sessionId),
    ofUser: (user) => indexes.users.of(ownerKey(user)),
    get size() {
      return streams.size;
    },
    ended: () => ended.rows(),
    onChange: (listener) => changed.add(listener),
    refused: (limit) => refused.inc({ limit }),
  };
}
