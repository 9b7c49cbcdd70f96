import type { Change, Config } from '@sallyport/contracts';
import { ProblemError, type Metrics } from '@sallyport/kit';
import { setTimeout as pause } from 'node:timers/promises';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { createInFlight } from './in-flight.ts';
import { createJudgeStreams } from './judge-streams.ts';
import type { OpenStream, StreamEnd } from './open-stream.ts';
import type { StreamEvents } from './stream-events.ts';
import { createStreamRegistry, type StreamRegistry } from './stream-registry.ts';

/** The open streams of this gateway and what ends them. */
export type Streams = {
  registry: StreamRegistry;
  /** The step of the road that registers what stays open, and counts what does not. */
  admit: Step;
  /** The last look before anything goes upstream: throws for what has been ended while it waited. */
  refuseEnded: Step;
  sent(exchange: Exchange, cutter: (end: StreamEnd) => void): void;
  opened(exchange: Exchange, cutter: (end: StreamEnd) => void): void;
  closed(exchange: Exchange): void;
  /**
   * Asks again about whatever a change concerns. After `hello` and `gap` that is everything: something may have been
   * missed.
   */
  hear(change: Change): void;
  /** Changes heard of since the start. */
  changesHeard(): number;
  /**
   * Waits for streams to end by themselves, at most for `ms`; then tells those that are left to go. Resolves when none
   * is left, or soon after.
   */
  drain(ms: number): Promise<void>;
  close(): void;
};

export type StreamsDeps = {
  settings: Config['streams'];
  checks: CheckClient;
  events: StreamEvents;
  metrics: Metrics;
  now: () => number;
  producer: string;
};

const draining: StreamEnd = {
  reason: 'draining',
  code: 'service-unavailable',
  detail: 'This gateway is being stopped. Connect again.',
};
/** What a client may take to close once it has been told, in milliseconds. */
const lastWordsMs = 1000;
const lookMs = 50;
/**
 * After how long a request is registered like a stream, and how often they are looked through: at two seconds every one
 * is.
 */
const longMs = 1750;
const sweepMs = 250;

/** Creates the registry and its judge. */
export function createStreams(deps: StreamsDeps): Streams {
  const registry = createStreamRegistry({ ...deps, limits: deps.settings });
  const judge = createJudgeStreams({ ...deps, registry });
  const inFlight = createInFlight({ limits: deps.settings, longMs, refused: () => registry.refused('requests') });
  let heard = 0;
  // A change that was heard since authorize was asked found no stream to ask about.
  const askIfMissed = (stream: OpenStream) => {
    if (stream.exchange.changesSeen !== heard) void judge.judge([stream]);
  };
  const sweep = setInterval(() => {
    for (const exchange of inFlight.takeLong()) askIfMissed(registry.adopt(exchange));
  }, sweepMs);
  sweep.unref();
  const empty = async (ms: number) => {
    for (const until = performance.now() + ms; registry.size > 0 && performance.now() < until;) await pause(lookMs);
  };
  return {
    registry,
    admit(exchange) {
      if (exchange.kube!.stream === undefined) inFlight.admit(exchange);
      else askIfMissed(registry.admit(exchange));
    },
    refuseEnded({ stream }) {
      if (stream?.end) throw new ProblemError(stream.end.code, stream.end.detail);
    },
    sent: (exchange, cutter) => registry.sent(exchange, cutter),
    opened: (exchange, cutter) => registry.opened(exchange, cutter),
    closed(exchange) {
      inFlight.closed(exchange);
      registry.closed(exchange);
    },
    hear(change) {
      const { type } = change;
      if (type === 'session-revoked' || type === 'session-changed') {
        for (const exchange of inFlight.takeOf(change.sessionId)) registry.adopt(exchange);
        void judge.judge([...registry.ofSession(change.sessionId)]);
      } else if (type === 'policy-changed') judge.policyChanged(change.policyVersion);
      else if (type === 'hello' || type === 'gap') void judge.judge(registry.all());
      else return;
      heard += 1;
    },
    changesHeard: () => heard,
    async drain(ms) {
      await empty(ms);
      for (const stream of registry.all()) registry.cut(stream, draining);
      await empty(lastWordsMs);
    },
    close() {
      clearInterval(sweep);
      judge.close();
    },
  };
}
