import { randomUUID } from 'node:crypto';
import type { Config, OwnedStreamRow } from '@sallyport/contracts';
import { ProblemError, type Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import type { Exchange } from '../exchange/exchange.ts';
import { describeStream } from './describe-stream.ts';
import { createEndedStreams } from './ended-streams.ts';
import type { OpenStream, OpenStreamKind, StreamEnd } from './open-stream.ts';
import { ownerKey } from './owner-key.ts';
import type { StreamEvents } from './stream-events.ts';

/** Every open stream of this gateway, and the latest of those that have ended. */
export type StreamRegistry = {
  /**
   * Registers a stream before anything goes upstream; throws `too-many-requests` beyond the limits per person and
   * cluster.
   */
  admit(exchange: Exchange): OpenStream;
  /** Registers a request that has been under way for long. It counts towards no limit of streams. */
  adopt(exchange: Exchange): OpenStream;
  /**
   * It goes upstream; `cutter` ends it as long as its answer has not begun: an upload must not go on for want of one.
   */
  sent(exchange: Exchange, cutter: (end: StreamEnd) => void): void;
  /** Its answer has begun; `cutter` ends it readably. */
  opened(exchange: Exchange, cutter: (end: StreamEnd) => void): void;
  /** It is over, whoever ended it. */
  closed(exchange: Exchange): void;
  /** Ends a stream; does nothing to one that is being ended. */
  cut(stream: OpenStream, end: StreamEnd): void;
  all(): Iterable<OpenStream>;
  ofSession(sessionId: string): Iterable<OpenStream>;
  ofPerson(person: { issuer: string; subject: string }): Iterable<OpenStream>;
  readonly size: number;
  /** The latest that have ended, newest first. */
  ended(): OwnedStreamRow[];
  /** Counts a request that was refused because of a limit. */
  refused(limit: string): void;
};

export type StreamRegistryDeps = {
  limits: Pick<Config['streams'], 'perUser' | 'perCluster' | 'recheck'>;
  events: StreamEvents;
  metrics: Metrics;
  now: () => number;
  producer: string;
};

/** Members of a group by key; a key without members is forgotten. */
function createGroups() {
  const groups = new Map<string, Set<OpenStream>>();
  return {
    of: (key: string): ReadonlySet<OpenStream> => groups.get(key) ?? new Set(),
    add(key: string, stream: OpenStream) {
      const group = groups.get(key);
      if (group) group.add(stream);
      else groups.set(key, new Set([stream]));
    },
    remove(key: string, stream: OpenStream) {
      const group = groups.get(key);
      group?.delete(stream);
      if (group?.size === 0) groups.delete(key);
    },
  };
}

const personOf = ({ answer }: Exchange) => ownerKey(answer?.identity);
const clusterOf = ({ upstream }: Exchange) => upstream?.name ?? '';
const sessionOf = ({ answer }: Exchange) => answer?.session?.id ?? '';

/**
 * The streams by whose they are and in which session; and, of those that count towards the limits, by person and
 * cluster.
 */
function createIndexes() {
  const [people, sessions, opened, clusters] = [createGroups(), createGroups(), createGroups(), createGroups()];
  const groupsOf = ({ kind, exchange }: OpenStream) => {
    const person = personOf(exchange);
    const known = [
      [people, person],
      [sessions, sessionOf(exchange)],
    ] as const;
    return kind === 'request' ? known : ([...known, [opened, person], [clusters, clusterOf(exchange)]] as const);
  };
  return {
    people,
    sessions,
    opened,
    clusters,
    add(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream)) groups.add(key, stream);
    },
    remove(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream)) groups.remove(key, stream);
    },
  };
}

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
  new Gauge({
    name: 'sallyport_proxy_open_streams',
    help: 'Streams open now.',
    registers,
    collect() {
      this.set(sizes().streams);
    },
  });
  new Gauge({
    name: 'sallyport_proxy_long_requests',
    help: 'Requests other than streams that have been under way for more than two seconds.',
    registers,
    collect() {
      this.set(sizes().requests);
    },
  });
  return { cuts, refused };
}

function newStream(exchange: Exchange, kind: OpenStreamKind, times: { openedAt: number; dueAt: number }): OpenStream {
  return {
    id: randomUUID(),
    kind,
    exchange,
    ...times,
    unjudgedSince: undefined,
    judging: false,
    answered: exchange.statusCode > 0,
    end: undefined,
  };
}

/** Says how an exchange ends from now on; one that is to end already ends at once. */
function arm(exchange: Exchange, cutter: (end: StreamEnd) => void): void {
  exchange.cutter = cutter;
  if (exchange.stream?.end) cutter(exchange.stream.end);
}

/**
 * Whether a stream that is over is recorded and listed as such: a plain request is if the gateway ended it, anything
 * else if it was open.
 */
function isTold({ kind, answered, end }: OpenStream): boolean {
  return end !== undefined || (answered && kind !== 'request');
}

/** Creates an empty registry. */
export function createStreamRegistry({ limits, events, metrics, now, producer }: StreamRegistryDeps): StreamRegistry {
  const streams = new Set<OpenStream>();
  let requests = 0;
  const indexes = createIndexes();
  const ended = createEndedStreams();
  const { cuts, refused } = createStreamMetrics(metrics, () => ({ streams: streams.size - requests, requests }));
  const refuse = (limit: string, detail: string): never => {
    refused.inc({ limit });
    throw new ProblemError('too-many-requests', detail);
  };
  const register = (exchange: Exchange, kind: OpenStreamKind, openedAt: number) => {
    const stream = newStream(exchange, kind, { openedAt, dueAt: openedAt + limits.recheck });
    exchange.stream = stream;
    streams.add(stream);
    if (kind === 'request') requests += 1;
    indexes.add(stream);
    return stream;
  };
  return {
    admit(exchange) {
      if (indexes.opened.of(personOf(exchange)).size >= limits.perUser)
        refuse(
          'user',
          `You have ${limits.perUser} streams (exec, watch, logs and the like) open on this gateway, which is the limit; close some.`,
        );
      if (indexes.clusters.of(clusterOf(exchange)).size >= limits.perCluster)
        refuse(
          'cluster',
          `Cluster "${clusterOf(exchange)}" has ${limits.perCluster} streams open on this gateway, which is the limit.`,
        );
      return register(exchange, exchange.kube!.stream!, now());
    },
    adopt: (exchange) => register(exchange, 'request', exchange.receivedAt),
    sent: arm,
    opened(exchange, cutter) {
      const { stream } = exchange;
      if (stream) {
        stream.answered = true;
        if (stream.kind !== 'request') events.opened(stream);
      }
      arm(exchange, cutter);
    },
    closed({ stream }) {
      if (!stream || !streams.delete(stream)) return;
      if (stream.kind === 'request') requests -= 1;
      indexes.remove(stream);
      if (!isTold(stream)) return;
      events.closed(stream);
      ended.add(describeStream(stream, producer, now()));
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
    ofPerson: (person) => indexes.people.of(ownerKey(person)),
    get size() {
      return streams.size;
    },
    ended: () => ended.rows(),
    refused: (limit) => refused.inc({ limit }),
  };
}
