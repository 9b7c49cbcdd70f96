import type { RequestHandler } from 'express';
import type { ExchangedToken } from '@sallyport/contracts';
import { answerWorkloadCall, type WorkloadCallDeps } from './answer-workload-call.ts';
import type { createExchangeToken } from './create-exchange-token.ts';

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
