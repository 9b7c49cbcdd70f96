import { streamListRequestSchema, type StreamList } from '@sallyport/contracts';
import { parseJson, ProblemError, type Caller } from '@sallyport/kit';
import { type ReplicaRegistry, type SessionStore, type StreamQuestionRegistry } from '@sallyport/stores';
import { createListStreams } from './list-streams.ts';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';

type StreamQuestionsDeps = {
  registry: StreamQuestionRegistry;
  replicas: Pick<ReplicaRegistry, 'list'>;
  sessions: Pick<SessionStore, 'onGap'>;
  now: () => number;
};

/** Questions about streams. `list` answers `POST /v1/streams`. */
export type StreamQuestions = { list(caller: Caller | undefined, text: string): Promise<StreamList>; close(): void };

/** Each list costs every gateway some milliseconds. Limits the lists of this replica, and of one user. */
const limits = { total: 8, perKey: 2 };
/** Gateways report every five seconds. */
const settleMs = 6000;

/**
 * Creates the list of streams. Soon after the start, or after Redis was down, gateways may not have reported yet. Then
 * every gateway is given the full time to answer.
 */
export function createStreamQuestions({ registry, replicas, sessions, now }: StreamQuestionsDeps): StreamQuestions {
  let since = now();
  const stop = sessions.onGap(() => {
    since = now();
  });
  const list = createListStreams({
    registry,
    replicas,
    limiter: createConcurrencyLimiter(limits),
    settled: () => now() - since >= settleMs,
  });
  return {
    async list(caller, text) {
      const request = streamListRequestSchema.safeParse(parseJson(text));
      if (!request.success) throw new ProblemError('bad-request', 'The body is not a question about streams.');
      if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
      return list(caller, request.data);
    },
    close: stop,
  };
}
