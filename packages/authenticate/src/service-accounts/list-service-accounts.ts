import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import { readQuery } from '../http/read-query.ts';
import { requireCaller } from '../session/read-caller-session.ts';
import { isMaker } from './is-maker.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';
import { serviceAccountView } from './service-account-view.ts';

/**
 * `GET /v1/service-accounts`: lists those that the caller has made. With `all=true` it lists those of all makers, if
 * `api.policy.machines` allows the caller to.
 */
export function listServiceAccounts(deps: Pick<ServiceAccountDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readQuery(request).get('all') ?? 'false';
    if (all !== 'true' && all !== 'false') throw new ProblemError('bad-request', 'all must be true or false.');
    if (all === 'true' && !caller.privileged)
      throw new ProblemError('forbidden', 'You may only see service accounts that you made (api.policy.machines).');
    const found = (await deps.sessions.list()).filter((session) => all === 'true' || isMaker(caller, session));
    response.json({
      serviceAccounts: found.map(serviceAccountView).filter((view) => view !== undefined),
      maySeeAll: caller.privileged,
    });
  };
}
