import type { RequestHandler } from 'express';
import { workloadSessionRequestSchema, type WorkloadSessionRequest, type ExchangedToken } from '@sallyport/contracts';
import { ProblemError, readClientFacts, toProblem, type ClientFacts, type Logger } from '@sallyport/kit';
import type { createExchangeToken } from './create-exchange-token.ts';
import type { createOpenWorkloadSession } from './open-workload-session.ts';
import type { WorkloadMetrics } from './workload-metrics.ts';

type WorkloadCallDeps = { metrics: WorkloadMetrics; logger: Logger };

/** Creates the handler of a call of the proxy about the token of a workload. Counts and logs what comes of it. */
function answerWorkloadCall(
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

const path = '/v1/workload-sessions';

/**
 * `POST /v1/workload-sessions`: begins the session of a workload whose token the proxy received, if there is none yet.
 * Answers with its ID and its end.
 */
export function startWorkloadSession(
  deps: WorkloadCallDeps & { open: ReturnType<typeof createOpenWorkloadSession> },
): RequestHandler {
  return answerWorkloadCall(deps, async (presented) => {
    const { id, expiresAt } = await deps.open({ ...presented, path });
    return { session: { id, expiresAt } };
  });
}

/**
 * `POST /v1/workload-tokens`: exchanges the token of a workload for a token of the gateway (RFC 8693), which ends with the
 * session of the token that was given for it.
 */
export function exchangeWorkloadToken(
  deps: WorkloadCallDeps & { exchange: ReturnType<typeof createExchangeToken> },
): RequestHandler {
  return answerWorkloadCall(deps, async (presented): Promise<ExchangedToken> => {
    const { token, session } = await deps.exchange(presented);
    return { token, session: { id: session.id, expiresAt: session.expiresAt } };
  });
}
