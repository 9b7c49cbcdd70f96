import { randomUUID } from 'node:crypto';
import {
  maxStreamRows,
  streamQuestionSchema,
  type OwnedStreamRow,
  type StreamAnswer,
  type StreamList,
  type StreamListRequest,
  type StreamQuestion,
  type StreamRow,
  type EndStreamRequest,
  endStreamRequestSchema,
  type WatchAnswer,
  type WatchRequest,
  watchRequestSchema,
  streamListRequestSchema,
} from '@sallyport/contracts';
import {
  createConcurrencyLimiter,
  ProblemError,
  type Caller,
  type ConcurrencyLimiter,
  parseJson,
} from '@sallyport/kit';
import type { ReplicaRegistry, SessionStore, StreamQuestionRegistry } from '@sallyport/stores';
import { type AskGateways, createAskGateways } from './ask-gateways.ts';

type ListStreamsDeps = { ask: AskGateways; limiter: ConcurrencyLimiter };

/**
 * Lists the streams of all gateways for one caller. Rejects with `forbidden`, `too-many-requests` or
 * `sessions-unavailable`.
 */
type ListStreams = (caller: Caller, request: StreamListRequest) => Promise<StreamList>;

function questionOf({ identity, privileged }: Caller, { ended, all, where }: StreamListRequest): StreamQuestion {
  if (all && !privileged)
    throw new ProblemError('forbidden', 'You may see only your own streams (api.policy.sessions).');
  const { issuer, subject } = identity;
  const question = streamQuestionSchema.safeParse({
    id: randomUUID(),
    ended,
    where,
    ...(all ? {} : { of: { issuer, subject } }),
  });
  if (!question.success) throw new ProblemError('bad-request', 'Your identity is too long for this call.');
  return question.data;
}

/** Removes the key of the user, which does not leave authorize. */
function withoutOwner({ issuer: _issuer, subject: _subject, ...row }: OwnedStreamRow): StreamRow {
  return row;
}

/**
 * Merges all answers into one list. Gateways are not trusted to answer only the question: rows of other users are
 * dropped.
 */
function merge(answers: readonly StreamAnswer[], { of, ended }: StreamQuestion, missing: string[]): StreamList {
  const found = answers
    .flatMap(({ rows }) => rows)
    .filter((row) => of === undefined || (row.issuer === of.issuer && row.subject === of.subject));
  const streams = found
    .toSorted(ended ? (a, b) => (b.end ?? 0) - (a.end ?? 0) : (a, b) => a.since - b.since)
    .slice(0, maxStreamRows)
    .map(withoutOwner);
  const omitted = answers.reduce((sum, answer) => sum + answer.omitted, 0) + found.length - streams.length;
  return { streams, missing, omitted };
}

/** Creates the list of streams of all gateways. */
export function createListStreams({ ask, limiter }: ListStreamsDeps): ListStreams {
  return async (caller, request) => {
    const question = questionOf(caller, request);
    const { issuer, subject } = caller.identity;
    return limiter.run(`${issuer}\0${subject}`, async () => {
      const { answers, missing } = await ask(question);
      return merge(answers, question, missing);
    });
  };
}

/**
 * Ends one open stream of the caller, or of anyone if the caller is privileged. Rejects with `not-found`, also for the
 * stream of another user, with `service-unavailable` if it may be open on a gateway that did not answer, and with
 * `too-many-requests` or `sessions-unavailable`.
 */
type EndStream = (caller: Caller, request: EndStreamRequest) => Promise<void>;

function endingQuestion({ identity, privileged }: Caller, { stream }: EndStreamRequest): StreamQuestion {
  const { issuer, subject, user } = identity;
  const question = streamQuestionSchema.safeParse({
    id: randomUUID(),
    ended: false,
    where: { stream },
    ...(privileged ? {} : { of: { issuer, subject } }),
    endedBy: { issuer, subject, user },
  });
  if (!question.success) throw new ProblemError('bad-request', 'Your identity is too long for this call.');
  return question.data;
}

/** Ends one stream, on whichever gateway it is open. */
export function createEndStream({ ask, limiter }: { ask: AskGateways; limiter: ConcurrencyLimiter }): EndStream {
  return async (caller, request) => {
    const question = endingQuestion(caller, request);
    const { issuer, subject } = caller.identity;
    const { answers, missing } = await limiter.run(`${issuer}\0${subject}`, () => ask(question));
    // A gateway that ends a stream reports why. One that only lists it has not ended it.
    const found = answers.flatMap(({ rows }) => rows).find(({ id }) => id === request.stream);
    if (found?.reason !== undefined) return;
    if (missing.length > 0)
      throw new ProblemError(
        'service-unavailable',
        'Not every replica of the gateway answered, and the stream may be open on another one. Try again shortly.',
      );
    throw new ProblemError('not-found', 'No open stream has this ID, or it is not yours.');
  };
}

/**
 * Finds one open stream for a gateway whose caller may watch it, or passes on what it has shown. Rejects with `not-found`,
 * with `service-unavailable` if a gateway did not answer, and with `too-many-requests` or `sessions-unavailable`.
 */
type WatchStream = (caller: Caller, request: WatchRequest) => Promise<WatchAnswer>;

/** Creates what finds a stream on whichever gateway it is open, and then asks that one only. */
export function createWatchStream({ ask, limiter }: { ask: AskGateways; limiter: ConcurrencyLimiter }): WatchStream {
  return async ({ identity: { issuer, subject } }, { stream, watch }) => {
    const question: StreamQuestion = { id: randomUUID(), ended: false, where: { stream }, ...(watch && { watch }) };
    const { answers, missing } = await limiter.run(`${issuer}\0${subject}`, () => ask(question));
    if (watch) {
      const watched = answers.find(({ proxy }) => proxy === watch.proxy)?.watched;
      if (watched) return { watched };
    } else {
      const row = answers.flatMap(({ rows }) => rows).find(({ id }) => id === stream);
      if (row) return { row: withoutOwner(row) };
    }
    if (missing.length > 0)
      throw new ProblemError('service-unavailable', 'A replica of the gateway did not answer. Try again shortly.');
    throw new ProblemError('not-found', 'No open stream has this ID.');
  };
}

type StreamQuestionsDeps = {
  registry: StreamQuestionRegistry;
  replicas: Pick<ReplicaRegistry, 'list'>;
  sessions: Pick<SessionStore, 'onGap'>;
  now: () => number;
};

/** Questions about streams: `POST /v1/streams`, `POST /v1/streams/end` and `POST /v1/streams/watch`. */
export type StreamQuestions = {
  list(caller: Caller | undefined, text: string): Promise<StreamList>;
  end(caller: Caller | undefined, text: string): Promise<void>;
  watch(caller: Caller | undefined, text: string): Promise<WatchAnswer>;
  close(): void;
};

/** Each list costs every gateway some milliseconds. Limits the lists of this replica, and of one user. */
const limits = { total: 8, perKey: 2 };
/** Ending one stream costs little. A script that ends many does so one after the other. */
const endLimits = { total: 32, perKey: 4 };
/** Each one who watches asks one gateway again and again, and waits for its answer. */
const watchLimits = { total: 32, perKey: 4 };
/** Gateways report every five seconds. */
const settleMs = 6000;

function requireCaller(caller: Caller | undefined): Caller {
  if (!caller) throw new ProblemError('unauthenticated', 'You are not logged in. Log in first.');
  return caller;
}

/**
 * Creates the questions to the gateways: for a list of streams, for the end of one, and for what one shows. Soon after the
 * start, or after Redis was down, gateways may not have reported yet. Then every gateway is given the full time to answer.
 */
export function createStreamQuestions({ registry, replicas, sessions, now }: StreamQuestionsDeps): StreamQuestions {
  let since = now();
  const stop = sessions.onGap(() => {
    since = now();
  });
  const ask = createAskGateways({ registry, replicas, settled: () => now() - since >= settleMs });
  const list = createListStreams({ ask, limiter: createConcurrencyLimiter(limits) });
  const end = createEndStream({ ask, limiter: createConcurrencyLimiter(endLimits) });
  const watch = createWatchStream({ ask, limiter: createConcurrencyLimiter(watchLimits) });
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
    async watch(caller, text) {
      const request = watchRequestSchema.safeParse(parseJson(text));
      if (!request.success) throw new ProblemError('bad-request', 'The body does not say what to watch.');
      return watch(requireCaller(caller), request.data);
    },
    close: stop,
  };
}
