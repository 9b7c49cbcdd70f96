import { randomUUID } from 'node:crypto';
import type { Config, OwnedStreamRow } from '@sallyport/contracts';
import { ProblemError, type Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import type { Exchange } from '../exchange.ts';
import { describeStream } from './describe-stream.ts';
import { createEndedStreams } from './ended-streams.ts';
import type { OpenStream, StreamEnd } from './open-stream.ts';
import type { StreamEvents } from './stream-events.ts';

/** Every open stream of this gateway, and the latest of those that have ended. */
export type StreamRegistry = {
  /** Registers a stream before anything goes upstream; throws `too-many-requests` beyond the limits per person and cluster. */
  admit(exchange: Exchange): OpenStream;
  /** It goes upstream; `cutter` ends it as long as its answer has not begun: an upload must not go on for want of one. */
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
};

export type StreamRegistryDeps = { limits: Pick<Config['streams'], 'perUser' | 'perCluster' | 'recheck'>; events: StreamEvents; metrics: Metrics; now: () => number; producer: string };

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

const personKey = (person: { issuer: string; subject: string } | undefined) => `${person?.issuer}\0${person?.subject}`;
const personOf = ({ answer }: Exchange) => personKey(answer?.identity);
const clusterOf = ({ upstream }: Exchange) => upstream?.name ?? '';
const sessionOf = ({ answer }: Exchange) => answer?.session?.id ?? '';

/** The streams by who opened them, on which cluster and in which session. */
function createIndexes() {
  const [people, clusters, sessions] = [createGroups(), createGroups(), createGroups()];
  const groupsOf = (exchange: Exchange) => [[people, personOf(exchange)], [clusters, clusterOf(exchange)], [sessions, sessionOf(exchange)]] as const;
  return {
    people, clusters, sessions,
    add(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream.exchange)) groups.add(key, stream);
    },
    remove(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream.exchange)) groups.remove(key, stream);
    },
  };
}

function createStreamMetrics(metrics: Metrics, size: () => number) {
  const registers = [metrics];
  const cuts = new Counter({ name: 'sallyport_proxy_streams_cut_total', help: 'Streams that the gateway ended, by reason.', labelNames: ['reason'], registers });
  const refused = new Counter({ name: 'sallyport_proxy_streams_refused_total', help: 'Streams refused because of a limit, by limit.', labelNames: ['limit'], registers });
  new Gauge({ name: 'sallyport_proxy_open_streams', help: 'Streams open now.', registers, collect() { this.set(size()); } });
  return { cuts, refused };
}

function newStream(exchange: Exchange, at: number, recheckMs: number): OpenStream {
  return {
    id: randomUUID(), kind: exchange.kube!.stream!, exchange, openedAt: at, dueAt: at + recheckMs, unjudgedSince: undefined, judging: false, cutter: undefined, answered: false, end: undefined,
  };
}

/** Says how a stream ends from now on; one that is to end already ends at once. */
function arm(stream: OpenStream, cutter: (end: StreamEnd) => void): void {
  stream.cutter = cutter;
  if (stream.end) cutter(stream.end);
}

/** Creates an empty registry. */
export function createStreamRegistry({ limits, events, metrics, now, producer }: StreamRegistryDeps): StreamRegistry {
  const streams = new Map<Exchange, OpenStream>();
  const indexes = createIndexes();
  const { people, clusters, sessions } = indexes;
  const ended = createEndedStreams();
  const { cuts, refused } = createStreamMetrics(metrics, () => streams.size);
  const refuse = (limit: string, detail: string): never => {
    refused.inc({ limit });
    throw new ProblemError('too-many-requests', detail);
  };
  const cut = (stream: OpenStream, end: StreamEnd) => {
    if (stream.end) return;
    stream.end = end;
    cuts.inc({ reason: end.reason });
    events.cut(stream, end);
    stream.cutter?.(end);
  };
  return {
    admit(exchange) {
      if (people.of(personOf(exchange)).size >= limits.perUser) refuse('user', `You have ${limits.perUser} streams (exec, watch, logs and the like) open on this gateway, which is the limit; close some.`);
      if (clusters.of(clusterOf(exchange)).size >= limits.perCluster) refuse('cluster', `Cluster "${clusterOf(exchange)}" has ${limits.perCluster} streams open on this gateway, which is the limit.`);
      const stream = newStream(exchange, now(), limits.recheck);
      streams.set(exchange, stream);
      indexes.add(stream);
      return stream;
    },
    sent(exchange, cutter) {
      const stream = streams.get(exchange);
      if (stream) arm(stream, cutter);
    },
    opened(exchange, cutter) {
      const stream = streams.get(exchange);
      if (!stream) return;
      stream.answered = true;
      events.opened(stream);
      arm(stream, cutter);
    },
    closed(exchange) {
      const stream = streams.get(exchange);
      if (!stream) return;
      streams.delete(exchange);
      indexes.remove(stream);
      if (!stream.answered) return; // it never began
      events.closed(stream);
      ended.add(describeStream(stream, producer, now()));
    },
    cut,
    all: () => streams.values(),
    ofSession: (sessionId) => sessions.of(sessionId),
    ofPerson: (person) => people.of(personKey(person)),
    get size() {
      return streams.size;
    },
    ended: () => ended.rows(),
  };
}
