import type { RequestHandler } from 'express';
import { assignNamesRequestSchema, isLogin, type AssignedName } from '@sallyport/contracts';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { requireCaller } from '../session/read-caller-session.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';

/**
 * `POST /v1/service-account-names`: gives names to those who had them before the gateway kept names, for whom
 * `api.policy.machines` allows. A name that someone holds stays theirs, so it can be called again. Each name that is given
 * is recorded first.
 */
export function assignNames(deps: Pick<ServiceAccountDeps, 'names' | 'nameEvents'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    if (!caller.privileged || !isLogin(caller.session))
      throw new ProblemError('forbidden', 'You may not say whom names belong to (api.policy.machines).');
    const { success, data } = assignNamesRequestSchema.safeParse(request.body);
    if (!success) throw new ProblemError('bad-request', 'This is not a list of names with whom they belong to.');
    const by = {
      caller: caller.identity,
      path: '/v1/service-account-names',
      facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
    };
    const assigned: AssignedName[] = [];
    for (const { name, uid, user } of data.names) {
      const before = await deps.names.read(name);
      if (!before) await deps.nameEvents.assigned({ name, uid, user }, by);
      const outcome = await deps.names.hold(name, { uid, user });
      if (outcome === 'too-many') throw new TypeError('a name without a maximum has been limited');
      const holder = outcome === 'given' ? user : ((await deps.names.read(name))?.user ?? '');
      assigned.push({ name, outcome, holder });
    }
    response.json({ names: assigned });
  };
}
