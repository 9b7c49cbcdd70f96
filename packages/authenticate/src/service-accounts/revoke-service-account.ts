import type { RequestHandler } from 'express';
import { isLogin } from '@sallyport/contracts';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { requireCaller } from '../session/read-caller-session.ts';
import { isMaker } from './is-maker.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';

/**
 * `DELETE /v1/service-accounts/{id}`: ends one that the caller has made, or any if `api.policy.machines` allows the
 * caller to. Without that right, those of others look as if they did not exist.
 */
export function revokeServiceAccount(deps: Pick<ServiceAccountDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const id = String(request.params['id']);
    const found = await deps.sessions.read(id);
    const may =
      found.state === 'live' &&
      found.session.kind === 'service-account' &&
      isLogin(caller.session) &&
      (caller.privileged || isMaker(caller, found.session));
    const ended = may ? await deps.sessions.revoke(id, { by: caller.identity.user, reason: 'revoked' }) : undefined;
    if (!ended) throw new ProblemError('not-found', 'No live service account has this ID, or it is not yours.');
    const recorded = await deps.events.revoked(ended, {
      caller: caller.identity,
      path: '/v1/service-accounts',
      facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
      reason: 'revoked',
    });
    if (recorded) response.status(204).end();
    else response.json({ recorded });
  };
}
