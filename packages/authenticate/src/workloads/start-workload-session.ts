import type { RequestHandler } from 'express';
import { workloadSessionRequestSchema } from '@sallyport/contracts';
import { ProblemError, readClientFacts, toProblem, type Logger } from '@sallyport/kit';
import type { createOpenWorkloadSession } from './open-workload-session.ts';
import type { WorkloadMetrics } from './workload-metrics.ts';

type StartWorkloadSessionDeps = {
  open: ReturnType<typeof createOpenWorkloadSession>;
  metrics: WorkloadMetrics;
  logger: Logger;
};

const path = '/v1/workload-sessions';

/**
 * `POST /v1/workload-sessions`: begins the session of a workload whose token the proxy received, if there is none yet.
 * Answers with its ID and its end.
 */
export function startWorkloadSession({ open, metrics, logger }: StartWorkloadSessionDeps): RequestHandler {
  return async (request, response) => {
    const { data } = workloadSessionRequestSchema.safeParse(request.body);
    if (!data) throw new ProblemError('bad-request', 'The call must have a token, and the keys of clusters.');
    try {
      const { id, expiresAt } = await open({ ...data, facts: readClientFacts(request), path });
      metrics.ended('accepted');
      response.json({ session: { id, expiresAt } });
    } catch (error) {
      const { status, code, detail } = toProblem(error);
      metrics.ended(status < 500 ? 'refused' : 'failed');
      logger.info({ code, detail }, 'the token of a workload was refused');
      throw error;
    }
  };
}
