import { endStreamRequestSchema, streamListRequestSchema, type StreamList } from '@sallyport/contracts';
import { parseJson, ProblemError, type Caller } from '@sallyport/kit';
import { type ReplicaRegistry, type SessionStore, type StreamQuestionRegistry } from '@sallyport/stores';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import { createAskGateways } from './ask-gateways.ts';
import { createEndStream } from './end-stream.ts';
import { createListStreams } from './list-streams.ts';

type StreamQuestionsDeps = {
  registry: StreamQuestionRegistry;
  replicas: Pick<ReplicaRegistry, 'list'>;
  sessions: Pick<SessionStore, 'onGap'>;
  now: () => number;
};

/** Questions about streams. `list` answers `POST /v1/streams`, and `end` answers `POST /v1/streams/end`. */
export type StreamQuestions = {
  list(caller: Caller | undefined, text: string): Promise<StreamList>;
  end(caller: Caller | undefined, text: string): Promise<void>;
  close(): void;
};

/** Each list costs every gateway some milliseconds. Limits the lists of this replica, and of one user. */
const limits = { total: 8, perKey: 2 };
/** Ending one stream costs little. A script that ends many does so one after the other. */
const endLimits = { total: 32, perKey: 4 };
/** Gateways report every five seconds. */
const settleMs = 6000;

function requireCaller(caller: Caller | undefined): Caller {
  if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
  return caller;
}

/**
 * Creates the list of streams and what ends one. Soon after the start, or after Redis was down, gateways may not have reported yet. Then
 * every gateway is given the full time to answer.
 */
export function createStreamQuestions({ registry, replicas, sessions, now }: StreamQuestionsDeps): StreamQuestions {
  let since = now();
  const stop = sessions.onGap(() => {
    since = now();
  });
  const ask = createAskGateways({ registry, replicas, settled: () => now() - since >= settleMs });
  const list = createListStreams({ ask, limiter: createConcurrencyLimiter(limits) });
  const end = createEndStream({ ask, limiter: createConcurrencyLimiter(endLimits) });
  return {
    async list(caller, text) {
      const request = streamListRequestSchema.safeParse(parseJson(text));
      if (!request.success) throw new ProblemError('bad-request', 'The body is not a question about streams.');
      return list(requireCaller(caller), request.data);
    },
    async end(caller, text) {
      const request = endStreamRequestSchema.safeParse(parseJson(text));
      if (!request.success) throw new ProblemError('bad-request', 'The body does not name a stream.');
      return end(requireCaller(caller), request.data);
    },
    close: stop,
  };
}
