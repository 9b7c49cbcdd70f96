import {
  streamQuestionSchema,
  type Change,
  type StreamAnswer,
  type StreamEnder,
  type StreamQuestion,
} from '@sallyport/contracts';
import { ProblemError, type Logger, type ServiceClient } from '@sallyport/kit';
import { selectStreams, findStreams } from './select-streams.ts';
import type { LiveSessions } from '../recordings/live-sessions.ts';
import type { StreamRegistry } from './stream-registry.ts';
import { clientText } from '../credential/client-text.ts';
import type { OpenStream, StreamEnd } from '../exchange/exchange.ts';
import { ownerKey } from './stream-indexes.ts';

/** Returns the end of a stream by its owner, or by another user, who is named. */
function endBy(ender: StreamEnder, { exchange: { answer } }: OpenStream): StreamEnd {
  const own = ownerKey(answer.identity) === ownerKey(ender);
  return {
    reason: 'ended-by-user',
    code: 'forbidden',
    detail: own ? 'You ended this stream.' : `${clientText(ender.user)} ended this stream.`,
  };
}

/** Ends the open stream that a question with `endedBy` is about. Does nothing for any other question. */
function endAskedStream(
  registry: Pick<StreamRegistry, 'all' | 'ofUser' | 'cut'>,
  { of, where, endedBy }: Pick<StreamQuestion, 'of' | 'where' | 'endedBy'>,
): void {
  // A question without an ID would be about every stream.
  if (endedBy === undefined || where.stream === undefined) return;
  for (const stream of findStreams(registry, { of, where })) registry.cut(stream, endBy(endedBy, stream));
}

type AnswerQuestionDeps = {
  registry: Pick<StreamRegistry, 'all' | 'ofUser' | 'ended' | 'cut'>;
  authorize: Pick<ServiceClient, 'request'>;
  /** What running sessions have shown. */
  live: Pick<LiveSessions, 'read'>;
  replica: string;
  logger: Logger;
};

/**
 * Answers `streams-requested` from the change feed with the streams of this gateway. If the question is to end a stream,
 * that happens before the answer. If it is about what a session shows, only the gateway that has it answers. A failure is
 * only logged, because the caller is told which gateways did not answer.
 */
export function createAnswerQuestion({
  registry,
  authorize,
  live,
  replica,
  logger,
}: AnswerQuestionDeps): (change: Change) => Promise<void> {
  return async (change) => {
    if (change.type !== 'streams-requested') return;
    try {
      const question = streamQuestionSchema.parse(change.question);
      // It is for another gateway.
      if (question.watch && question.watch.proxy !== replica) return;
      endAskedStream(registry, question);
      const found = question.watch
        ? { rows: [], omitted: 0, watched: await live.read(question) }
        : selectStreams(registry, question, replica);
      const answer: StreamAnswer = { question: question.id, proxy: replica, ...found };
      await authorize.request({ method: 'POST', path: '/v1/streams/answer', body: answer });
    } catch (error) {
      // The question was closed before the answer came. The caller knows that this gateway is missing.
      if (error instanceof ProblemError && error.code === 'not-found') return;
      logger.warn({ err: error }, 'could not answer a question about open streams');
    }
  };
}
