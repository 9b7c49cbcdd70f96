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
} from '@sallyport/contracts';
import { ProblemError, type Caller } from '@sallyport/kit';
import type { ConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import type { AskGateways } from './ask-gateways.ts';

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
