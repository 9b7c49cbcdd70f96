import { setTimeout as pause } from 'node:timers/promises';
import type { Change, Config } from '@sallyport/contracts';
import { ProblemError, type Metrics } from '@sallyport/kit';
import type { CheckClient } from '../authorize/check-client.ts';
import type { OpenStream, Step, StreamEnd } from '../exchange/exchange.ts';
import { createInFlight } from './in-flight.ts';
import { createStreamRecheck } from './recheck-streams.ts';
import type { StreamEvents, StreamLifecycle } from './stream-lifecycle.ts';
import { createStreamRegistry, type StreamRegistry } from './stream-registry.ts';

/** The open streams of this gateway and what ends them. */
export type Streams = StreamLifecycle & {
  registry: StreamRegistry;
  /** The step right before anything goes upstream. Throws if the exchange was ended while it waited. */
  refuseEnded: Step;
  /**
   * Rechecks every stream that a change concerns. After `hello` and `gap` that is all of them, because changes may have
   * been missed.
   */
  onChange(change: Change): void;
  /** The number of changes received since the start. */
  changesReceived(): number;
  /**
   * Waits up to `ms` for streams to end by themselves, then ends the rest. Resolves when none is left, or soon
   * after.
   */
  drain(ms: number): Promise<void>;
  close(): void;
};

type StreamsDeps = {
  settings: Config['streams'];
  checks: CheckClient;
  events: StreamEvents;
  metrics: Metrics;
  now: () => number;
  replica: string;
};

const draining: StreamEnd = {
  reason: 'draining',
  code: 'service-unavailable',
  detail: 'This gateway is shutting down. Connect again.',
};
const pollMs = 50;
/** How often the gateway looks whether the clients have closed that were told why: about a second. */
const lastLooks = 20;
/**
 * After how long a request is registered like a stream, and how often the gateway looks for such requests. Together
 * they register every one within two seconds.
 */
const longMs = 1750;
const sweepMs = 250;

/** Creates the registry, the recheck, and the count of requests in flight. */
export function createStreams(deps: StreamsDeps): Streams {
  const registry = createStreamRegistry({ ...deps, limits: deps.settings });
  const recheck = createStreamRecheck({ ...deps, registry });
  const inFlight = createInFlight({ limits: deps.settings, longMs, refused: () => registry.refused('requests') });
  let received = 0;
  // A change that arrived between the check and the registration found no stream to recheck.
  const recheckIfMissed = (stream: OpenStream) => {
    if (stream.exchange.changesSeen !== received) void recheck.recheck([stream]);
  };
  const sweep = setInterval(() => {
    for (const exchange of inFlight.takeLong()) recheckIfMissed(registry.adopt(exchange));
  }, sweepMs);
  sweep.unref();
  return {
    registry,
    admitted(exchange) {
      const { stream } = exchange.asked;
      if (stream === undefined) inFlight.admitted(exchange);
      else recheckIfMissed(registry.admitted(exchange, stream));
    },
    sent: registry.sent,
    answered: registry.answered,
    closed(exchange) {
      inFlight.closed(exchange);
      registry.closed(exchange);
    },
    refuseEnded({ stream }) {
      if (stream?.end) throw new ProblemError(stream.end.code, stream.end.detail);
    },
    onChange(change) {
      const { type } = change;
      if (type === 'session-revoked' || type === 'session-changed') {
        for (const exchange of inFlight.takeOf(change.sessionId)) registry.adopt(exchange);
        const streams = [...registry.ofSession(change.sessionId)];
        void (type === 'session-revoked' ? recheck.sessionRevoked(streams) : recheck.recheck(streams));
      } else if (type === 'elevation-changed') void recheck.recheck([...registry.ofUser(change)]);
      else if (type === 'policy-changed') recheck.policyChanged(change.policyVersion);
      else if (type === 'hello' || type === 'gap') void recheck.recheck(registry.all());
      else return;
      received += 1;
    },
    changesReceived: () => received,
    async drain(ms) {
      for (const until = performance.now() + ms; registry.size > 0 && performance.now() < until;) await pause(pollMs);
      for (const stream of registry.all()) registry.cut(stream, draining);
      // Counted, because a process without a processor cannot tell clients anything meanwhile.
      for (let looks = 0; registry.size > 0 && looks < lastLooks; looks += 1) await pause(pollMs);
    },
    close() {
      clearInterval(sweep);
      recheck.close();
    },
  };
}
