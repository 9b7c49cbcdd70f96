import type { Request, RequestHandler } from 'express';
import {
  type ServiceAccountName,
  assignNamesRequestSchema,
  isLogin,
  type AssignedName,
  machineNameSchema,
} from '@sallyport/contracts';
import { ProblemError, userUid, type Caller } from '@sallyport/kit';
import type { HeldName } from '@sallyport/stores';
import { requireCaller, readAll, factsOf } from '../session/caller-session.ts';
import { withHeldName } from '../session/with-held-name.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** Says in an event by whom a name was assigned or released. */
const byCaller = (request: Request, caller: Caller) => ({
  caller: caller.identity,
  path: '/v1/service-account-names',
  facts: factsOf(request, caller),
});

/**
 * `GET /v1/service-account-names`: lists the names that the caller holds. With `all=true` it lists those of all holders, if
 * `api.policy.machines` allows the caller to.
 */
export function listNames({ sessions, names }: Pick<HandlerDeps, 'sessions' | 'names'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readAll(request, caller, 'names that you hold (api.policy.machines)');
    const uid = userUid(caller.identity);
    const [live, held] = await Promise.all([sessions.list(), names.list()]);
    const used = new Set(live.map(({ serviceAccount }) => serviceAccount?.name));
    response.json({
      names: held
        .filter((one) => all || one.uid === uid)
        .map(({ name, user, since }): ServiceAccountName => ({ name, holder: user, since, inUse: used.has(name) })),
      maySeeAll: caller.privileged,
    });
  };
}

/**
 * `POST /v1/service-account-names`: gives names to those who had them before the gateway kept names, for whom
 * `api.policy.machines` allows. A name that someone holds stays theirs, so it can be called again. Each name that is given
 * is recorded first.
 */
export function assignNames(deps: Pick<HandlerDeps, 'names' | 'nameEvents'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    if (!caller.privileged || !isLogin(caller.session))
      throw new ProblemError('forbidden', 'You may not say whom names belong to (api.policy.machines).');
    const { success, data } = assignNamesRequestSchema.safeParse(request.body);
    if (!success) throw new ProblemError('bad-request', 'This is not a list of names with whom they belong to.');
    const by = byCaller(request, caller);
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

const unknown = () => new ProblemError('not-found', 'No one holds this name, or it is not yours.');
const inUse = (name: string) =>
  new ProblemError(
    'conflict',
    `There is a service account "${name}", or it is being created. End it first: run "sallyport service-account revoke ${name}".`,
  );

/** Returns the holder of a name that the caller may free. */
async function requireHeld({ names }: Pick<HandlerDeps, 'names'>, caller: Caller, name: string): Promise<HeldName> {
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
  deps: Pick<HandlerDeps, 'sessions' | 'names' | 'singleUse' | 'nameEvents'>,
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
      await deps.nameEvents.released(held, byCaller(request, caller));
      if (!(await deps.names.release(name, held.uid))) throw unknown();
    });
    response.status(204).end();
  };
}
