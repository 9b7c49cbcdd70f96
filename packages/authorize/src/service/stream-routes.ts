import { streamsChangedSchema } from '@sallyport/contracts';
import { parseJson, ProblemError, readCaller } from '@sallyport/kit';
import type { StreamQuestionRegistry } from '@sallyport/stores';
import { takeAnswer } from '../gateways/ask-gateways.ts';
import type { ChangeFeed } from '../gateways/change-feed.ts';
import type { StreamQuestions } from '../gateways/stream-questions.ts';
import { createCallRoute, createReportRoute, type Routes } from '../http/routes.ts';

const maxQuestionBytes = 16 * 1024;
const maxAnswerBytes = 1536 * 1024;

type StreamRoutesDeps = {
  feed: Pick<ChangeFeed, 'subscribe'>;
  questions: Pick<StreamQuestions, 'list' | 'end' | 'watch'>;
  registry: Pick<StreamQuestionRegistry, 'answer' | 'announce'>;
};

/** Creates the change feed's route, and those about open streams, whose questions the feed carries. */
export function createStreamRoutes({ feed, questions, registry }: StreamRoutesDeps): Routes {
  return {
    '/v1/changes': {
      method: 'GET',
      serve(_request, response) {
        if (!feed.subscribe(response))
          throw new ProblemError('too-many-requests', 'This feed has too many subscribers.');
      },
    },
    '/v1/streams': createCallRoute(maxQuestionBytes, (text, { headers }) => questions.list(readCaller(headers), text)),
    '/v1/streams/end': createReportRoute(maxQuestionBytes, (text, { headers }) =>
      questions.end(readCaller(headers), text),
    ),
    '/v1/streams/watch': createCallRoute(maxQuestionBytes, (text, { headers }) =>
      questions.watch(readCaller(headers), text),
    ),
    '/v1/streams/changed': createReportRoute(maxAnswerBytes, async (text) => {
      const { data } = streamsChangedSchema.safeParse(parseJson(text));
      if (!data) throw new ProblemError('bad-request', 'The body does not say whose streams have changed.');
      await registry.announce(data);
    }),
    '/v1/streams/answer': createReportRoute(maxAnswerBytes, (text) => takeAnswer(text, registry)),
  };
}
