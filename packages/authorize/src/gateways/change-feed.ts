import type { ServerResponse } from 'node:http';
import { writeChangeLine, type Change } from '@sallyport/contracts';
import type { ReplicaRegistry, SessionStore, StreamQuestionRegistry } from '@sallyport/stores';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';
import type { PolicySet } from '../policies/policy-set.ts';

const pingMs = 10_000;
const maxBufferedBytes = 1024 * 1024;
const maxSubscribers = 256;

/** The subscribers of `GET /v1/changes`. */
export type ChangeFeed = {
  /** Writes changes to a response as NDJSON, one line per change. Returns false if there are too many subscribers. */
  subscribe(response: ServerResponse): boolean;
  close(): void;
};

type Subscriber = { send(change: Change): void; end(): void };

/**
 * Creates a subscriber. A reader that does not keep up is disconnected: lines are never skipped, and buffered only up
 * to a limit. It connects again and checks everything.
 */
function createSubscriber(response: ServerResponse): Subscriber {
  let seq = 0;
  return {
    send(change) {
      seq += 1;
      response.write(`${writeChangeLine(seq, change)}\n`);
      if (response.writableLength > maxBufferedBytes) response.destroy();
    },
    end: () => response.end(),
  };
}

type ChangeFeedDeps = {
  sessions: Pick<SessionStore, 'onChange' | 'onStart' | 'onGap'>;
  policies: PolicySet;
  replicas: Pick<ReplicaRegistry, 'onReloadRequest'>;
  streams: Pick<StreamQuestionRegistry, 'onQuestion' | 'onAnnounced'>;
  elevations?: Pick<HeldElevations, 'onChange'> | undefined;
};

/** Creates the feed over what the session store, the policies, the replicas and the streams report. */
export function createChangeFeed(deps: ChangeFeedDeps): ChangeFeed {
  const subscribers = new Set<Subscriber>();
  const send = (change: Change) => {
    for (const subscriber of subscribers) subscriber.send(change);
  };
  const stops = [
    deps.sessions.onChange(({ type, sessionId, issuer, subject, at }) =>
      send({ type: `session-${type}`, sessionId, issuer, subject, at }),
    ),
    deps.sessions.onStart((start) => send({ type: 'session-started', ...start })),
    ...(deps.elevations ? [deps.elevations.onChange((person) => send({ type: 'elevation-changed', ...person }))] : []),
    deps.sessions.onGap(() => send({ type: 'gap' })),
    deps.replicas.onReloadRequest(() => send({ type: 'reload-requested' })),
    deps.streams.onQuestion((question) => send({ type: 'streams-requested', question })),
    deps.streams.onAnnounced(({ owners }) => send({ type: 'streams-changed', owners })),
    deps.policies.onChange(({ version }) => send({ type: 'policy-changed', policyVersion: version })),
  ];
  const timer = setInterval(() => send({ type: 'ping' }), pingMs);
  timer.unref();
  return {
    subscribe(response) {
      if (subscribers.size >= maxSubscribers) return false;
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      const subscriber = createSubscriber(response);
      subscribers.add(subscriber);
      response.on('close', () => subscribers.delete(subscriber));
      subscriber.send({ type: 'hello', policyVersion: deps.policies.current().version });
      return true;
    },
    close() {
      clearInterval(timer);
      for (const stop of stops) stop();
      for (const subscriber of subscribers) subscriber.end();
      subscribers.clear();
    },
  };
}
