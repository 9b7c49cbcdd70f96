import type { RequestHandler } from 'express';
import { answerWorkloadCall, type WorkloadCallDeps } from './answer-workload-call.ts';
import type { createOpenWorkloadSession } from './open-workload-session.ts';

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
