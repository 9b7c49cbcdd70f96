import type { RequestHandler } from 'express';
import { workloadSessionRequestSchema, type WorkloadSessionRequest } from '@sallyport/contracts';
import { ProblemError, readClientFacts, toProblem, type ClientFacts, type Logger } from '@sallyport/kit';
import type { WorkloadMetrics } from './workload-metrics.ts';

export type WorkloadCallDeps = { metrics: WorkloadMetrics; logger: Logger };

/** Creates the handler of a call of the proxy about the token of a workload. Counts and logs what comes of it. */
export function answerWorkloadCall(
  { metrics, logger }: WorkloadCallDeps,
  answer: (presented: WorkloadSessionRequest & { facts: ClientFacts }) => Promise<object>,
): RequestHandler {
  return async (request, response) => {
    const { data } = workloadSessionRequestSchema.safeParse(request.body);
    if (!data) throw new ProblemError('bad-request', 'The call must have a token, and the keys of clusters.');
    try {
      const body = await answer({ ...data, facts: readClientFacts(request) });
      metrics.ended('accepted');
      response.json(body);
    } catch (error) {
      const { status, code, detail } = toProblem(error);
      metrics.ended(status < 500 ? 'refused' : 'failed');
      logger.info({ code, detail }, 'the token of a workload was refused');
      throw error;
    }
  };
}
