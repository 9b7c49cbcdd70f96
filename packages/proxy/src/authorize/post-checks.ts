import { setTimeout as pause } from 'node:timers/promises';
import { maxOpenQuestions, type CheckRequest } from '@sallyport/contracts';
import { ProblemError, type ServiceClient } from '@sallyport/kit';
import { undecided, type OpenQuestion, type OpenQuestions } from './open-questions.ts';

/** What authorize is asked. Each check that is traced is listed with its own span. */
function bodyOf(batch: readonly OpenQuestion[]): CheckRequest {
  const checks = batch.map((one) => one.check);
  const traces = batch.flatMap(({ span }, check) => (span ? [{ check, traceparent: span.traceparent }] : []));
  return traces.length > 0 ? { checks, traces } : { checks };
}

/** The pause before the third attempt in a row, in milliseconds. Further ones double. */
const [firstPauseMs, longestPauseMs] = [10, 320];

/**
 * Creates the function that asks an authorize that does not know `checkProtocol`, as long as questions wait: in batches,
 * one at a time. A check may be asked twice, so what had no answer is sent again.
 */
export function createPostChecks(deps: {
  client: Pick<ServiceClient, 'request'>;
  questions: OpenQuestions;
}): () => Promise<void> {
  const { client, questions } = deps;
  let running = false;
  let pauseMs = 0;
  const send = async (batch: readonly OpenQuestion[]) => {
    const timeoutMs = Math.max(1, batch[0]!.until - performance.now());
    try {
      const { body } = await client.request({ method: 'POST', path: '/v1/check', body: bodyOf(batch), timeoutMs });
      const answers = (body as { answers?: unknown } | undefined)?.answers;
      const complete = Array.isArray(answers) && answers.length === batch.length;
      batch.forEach((question, index) => questions.answer(question, complete ? answers[index] : undefined));
      pauseMs = 0;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'service-unavailable') {
        questions.putBack(batch);
        questions.refuseLate(pauseMs, error);
        if (pauseMs > 0) await pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs || firstPauseMs, longestPauseMs);
        return;
      }
      const problem = error instanceof ProblemError ? error : undecided(error);
      questions.putBack(batch.filter((question) => questions.fail(question, problem)));
    }
  };
  return async () => {
    if (running) return;
    running = true;
    while (questions.isWaiting()) {
      const batch = questions.take(maxOpenQuestions);
      if (batch.length > 0) await send(batch);
    }
    running = false;
  };
}
