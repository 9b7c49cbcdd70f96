import { type ServiceAccountView, type Session, isLogin } from '@sallyport/contracts';
import type { Caller } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import { requireCaller, readAll, revokeOne } from '../session/caller-session.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** Returns a service account as lists show it; undefined if the session is of another kind. */
export function serviceAccountView({
  id,
  kind,
  identity,
  serviceAccount,
  createdAt,
  expiresAt,
}: Session): ServiceAccountView | undefined {
  if (kind !== 'service-account' || !serviceAccount) return undefined;
  const { name, maker, lastUsedAt } = serviceAccount;
  return {
    id,
    name,
    user: identity.user,
    groups: identity.groups,
    maker: maker.user,
    createdAt,
    expiresAt,
    lastUsedAt,
  };
}

/** Reports whether the caller made this service account, from whichever of their logins. */
export const isMaker = ({ identity }: Caller, { serviceAccount }: Session): boolean =>
  serviceAccount?.maker.issuer === identity.issuer && serviceAccount.maker.subject === identity.subject;

/**
 * `GET /v1/service-accounts`: lists those that the caller has made. With `all=true` it lists those of all makers, if
 * `api.policy.machines` allows the caller to.
 */
export function listServiceAccounts(deps: Pick<HandlerDeps, 'sessions'>): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const all = readAll(request, caller, 'service accounts that you made (api.policy.machines)');
    const found = (await deps.sessions.list()).filter((session) => all || isMaker(caller, session));
    response.json({
      serviceAccounts: found.map(serviceAccountView).filter((view) => view !== undefined),
      maySeeAll: caller.privileged,
    });
  };
}

/**
 * `DELETE /v1/service-accounts/{id}`: ends one that the caller has made, or any if `api.policy.machines` allows the
 * caller to. Without that right, those of others look as if they did not exist.
 */
export function revokeServiceAccount(deps: Pick<HandlerDeps, 'sessions' | 'events'>): RequestHandler {
  return revokeOne(
    deps,
    { path: '/v1/service-accounts', what: 'service account' },
    (caller, session) =>
      session.kind === 'service-account' && isLogin(caller.session) && (caller.privileged || isMaker(caller, session)),
  );
}
