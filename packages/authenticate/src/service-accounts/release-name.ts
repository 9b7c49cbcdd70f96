import type { RequestHandler } from 'express';
import { isLogin, machineNameSchema } from '@sallyport/contracts';
import { ProblemError, readClientFacts, userUid, type Caller } from '@sallyport/kit';
import type { HeldName } from '@sallyport/stores';
import { requireCaller } from '../session/read-caller-session.ts';
import { withHeldName } from '../session/with-held-name.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';

const unknown = () => new ProblemError('not-found', 'No one holds this name, or it is not yours.');
const inUse = (name: string) =>
  new ProblemError(
    'conflict',
    `There is a service account "${name}", or it is being created. End it first: run "sallyport service-account revoke ${name}".`,
  );

/** Returns the holder of a name that the caller may free. */
async function requireHeld(
  { names }: Pick<ServiceAccountDeps, 'names'>,
  caller: Caller,
  name: string,
): Promise<HeldName> {
  const held = await names.read(name);
  if (!held || (!caller.privileged && held.uid !== userUid(caller.identity))) throw unknown();
  return held;
}

/**
 * `DELETE /v1/service-account-names/{name}`: frees a name that the caller holds, or any if `api.policy.machines` allows the
 * caller to, once no account has it. Without that right, those of others look as if no one held them. It is recorded
 * before anyone can have the name.
 */
export function releaseName(
  deps: Pick<ServiceAccountDeps, 'sessions' | 'names' | 'singleUse' | 'nameEvents'>,
): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { success, data: name } = machineNameSchema.safeParse(request.params['name']);
    if (!success || !isLogin(caller.session)) throw unknown();
    // Before the name is taken into hand, or others would learn that it is being created.
    await requireHeld(deps, caller, name);
    await withHeldName(deps.singleUse, { kind: 'service-account', name, taken: inUse(name) }, async () => {
      const [held, live] = await Promise.all([requireHeld(deps, caller, name), deps.sessions.list()]);
      if (live.some(({ serviceAccount }) => serviceAccount?.name === name)) throw inUse(name);
      await deps.nameEvents.released(held, {
        caller: caller.identity,
        path: '/v1/service-account-names',
        facts: { ...readClientFacts(request), clientAddress: caller.clientAddress },
      });
      if (!(await deps.names.release(name, held.uid))) throw unknown();
    });
    response.status(204).end();
  };
}
