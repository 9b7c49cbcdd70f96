import { streamListRequestSchema, type StreamList } from '@sallyport/contracts';
import { parseJson, ProblemError, type Caller } from '@sallyport/kit';
import { type ReplicaRegistry, type SessionStore, type StreamQuestionRegistry } from '@sallyport/stores';
import { createListStreams } from './list-streams.ts';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';

export type StreamQuestionsDeps = {
  registry: StreamQuestionRegistry;
  replicas: Pick<ReplicaRegistry, 'list'>;
  sessions: Pick<SessionStore, 'onGap'>;
  now: () => number;
};

/** What is asked about streams: `list` is `POST /v1/streams`. */
export type StreamQuestions = { list(caller: Caller | undefined, text: string): Promise<StreamList>; close(): void };

/** Every list costs every gateway some milliseconds: so many at a time on this replica, and of one person. */
const limits = { total: 8, perKey: 2 };
/** Gateways report every five seconds. */
const settlingMs = 6000;

/**
 * Creates the list of streams. Soon after the start, or after Redis was away, gateways may not have reported yet: then
 * everybody is given the whole time to answer.
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
    settled: () => now() - since >= settlingMs,
  });
  return {
    async list(caller, text) {
      const request = streamListRequestSchema.safeParse(parseJson(text));
      if (!request.success) throw new ProblemError('bad-request', 'This is no question about streams.');
      if (!caller) throw new ProblemError('unauthenticated', 'Nobody is logged in here. Log in first.');
      return list(caller, request.data);
    },
    close: stop,
  };
}
