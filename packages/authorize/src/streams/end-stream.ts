import { randomUUID } from 'node:crypto';
import { streamQuestionSchema, type EndStreamRequest, type StreamQuestion } from '@sallyport/contracts';
import { ProblemError, type Caller } from '@sallyport/kit';
import type { ConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import type { AskGateways } from './ask-gateways.ts';

/**
 * Ends one open stream of the caller, or of anyone if the caller is privileged. Rejects with `not-found`, also for the
 * stream of another user, with `service-unavailable` if it may be open on a gateway that did not answer, and with
 * `too-many-requests` or `sessions-unavailable`.
 */
type EndStream = (caller: Caller, request: EndStreamRequest) => Promise<void>;

function questionOf({ identity, privileged }: Caller, { stream }: EndStreamRequest): StreamQuestion {
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

/** Creates what ends one stream, on whichever gateway it is open. */
export function createEndStream({ ask, limiter }: { ask: AskGateways; limiter: ConcurrencyLimiter }): EndStream {
  return async (caller, request) => {
    const question = questionOf(caller, request);
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
