import { streamQuestionSchema, type Change, type StreamAnswer } from '@sallyport/contracts';
import { ProblemError, type Logger, type ServiceClient } from '@sallyport/kit';
import { selectStreams } from './select-streams.ts';
import type { StreamRegistry } from './stream-registry.ts';

export type AnswerQuestionDeps = {
  registry: Pick<StreamRegistry, 'all' | 'ofPerson' | 'ended'>;
  authorize: Pick<ServiceClient, 'request'>;
  producer: string;
  logger: Logger;
};

/**
 * Answers `streams-requested` of the feed of changes with this gateway's streams. What goes wrong is only logged:
 * whoever asked is told which gateway did not answer.
 */
export function createAnswerQuestion({
  registry,
  authorize,
  producer,
  logger,
}: AnswerQuestionDeps): (change: Change) => Promise<void> {
  return async (change) => {
    if (change.type !== 'streams-requested') return;
    try {
      const question = streamQuestionSchema.parse(change.question);
      const selected = selectStreams(registry, question, producer);
      const answer: StreamAnswer = { question: question.id, proxy: producer, ...selected };
      await authorize.request({ method: 'POST', path: '/v1/streams/answer', body: answer });
    } catch (error) {
      // It has been closed meanwhile: whoever asked knows that this gateway is missing.
      if (error instanceof ProblemError && error.code === 'not-found') return;
      logger.warn({ err: error }, 'a question about open streams could not be answered');
    }
  };
}
