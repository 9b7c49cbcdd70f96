import type { RequestHandler } from 'express';
import type { ServiceAccountName } from '@sallyport/contracts';
import { ProblemError, userUid } from '@sallyport/kit';
import { readQuery } from '../http/read-query.ts';
import { requireCaller } from '../session/read-caller-session.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';

/**
 * `GET /v1/service-account-names`: lists the names that the caller holds. With `all=true` it lists those of all holders, if
 * `api.policy.machines` allows the caller to.
 */
export function listNames({ sessions, names }: Pick<ServiceAccountDeps, 'sessions' | 'names'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readQuery(request).get('all') ?? 'false';
    if (all !== 'true' && all !== 'false') throw new ProblemError('bad-request', 'all must be true or false.');
    if (all === 'true' && !caller.privileged)
      throw new ProblemError('forbidden', 'You may only see names that you hold (api.policy.machines).');
    const uid = userUid(caller.identity);
    const [live, held] = await Promise.all([sessions.list(), names.list()]);
    const used = new Set(live.map(({ serviceAccount }) => serviceAccount?.name));
    response.json({
      names: held
        .filter((one) => all === 'true' || one.uid === uid)
        .map(({ name, user, since }): ServiceAccountName => ({ name, holder: user, since, inUse: used.has(name) })),
      maySeeAll: caller.privileged,
    });
  };
}
