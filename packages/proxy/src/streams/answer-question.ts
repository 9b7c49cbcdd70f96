import { streamQuestionSchema, type Change, type StreamAnswer } from '@sallyport/contracts';
import { ProblemError, type Logger, type ServiceClient } from '@sallyport/kit';
import { endAskedStream } from './end-asked-stream.ts';
import { selectStreams } from './select-streams.ts';
import type { StreamRegistry } from './stream-registry.ts';

type AnswerQuestionDeps = {
  registry: Pick<StreamRegistry, 'all' | 'ofUser' | 'ended' | 'cut'>;
  authorize: Pick<ServiceClient, 'request'>;
  replica: string;
  logger: Logger;
};

/**
 * Answers `streams-requested` from the change feed with the streams of this gateway. A question that ends a stream ends
 * it before the answer. A failure is only logged, because
 * the caller is told which gateways did not answer.
 */
export function createAnswerQuestion({
  registry,
  authorize,
  replica,
  logger,
}: AnswerQuestionDeps): (change: Change) => Promise<void> {
  return async (change) => {
    if (change.type !== 'streams-requested') return;
    try {
      const question = streamQuestionSchema.parse(change.question);
      endAskedStream(registry, question);
      const selected = selectStreams(registry, question, replica);
      const answer: StreamAnswer = { question: question.id, proxy: replica, ...selected };
      await authorize.request({ method: 'POST', path: '/v1/streams/answer', body: answer });
    } catch (error) {
      // The question was closed before the answer came. The caller knows that this gateway is missing.
      if (error instanceof ProblemError && error.code === 'not-found') return;
      logger.warn({ err: error }, 'could not answer a question about open streams');
    }
  };
}
