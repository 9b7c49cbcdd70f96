import type { RequestHandler } from 'express';
import { isLogin, serviceAccountPrefix, serviceAccountRequestSchema, type Session } from '@sallyport/contracts';
import { ProblemError, readClientFacts, type Caller } from '@sallyport/kit';
import { readQuery } from '../http/read-request.ts';
import { beginWithToken } from '../session/begin-with-token.ts';
import { requireCaller } from '../session/caller-session.ts';
import { withHeldPerson } from '../session/with-held-name.ts';
import { serviceAccountView } from './own-service-accounts.ts';
import { withOwnName } from './with-own-name.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const path = '/v1/service-accounts';

/** Refuses groups that would give the maker more than they have. Groups of an elevation are not theirs to give. */
function refuseForeignGroups({ identity, privileged }: Caller, groups: readonly string[]): void {
  const foreign = groups.filter((group) => !identity.groups.includes(group));
  if (foreign.length > 0 && !privileged)
    throw new ProblemError(
      'forbidden',
      `You are not in ${foreign.map((group) => JSON.stringify(group)).join(', ')}. A service account has groups of its maker only, unless api.policy.machines allows more.`,
    );
}

const busy = () => new ProblemError('conflict', 'Others of your service accounts are being created. Try again.');

type Asked = { name: string; groups: string[]; lifetimeMs: number };

function sessionOf(
  deps: Pick<HandlerDeps, 'now' | 'randomId'>,
  { identity: maker, clientAddress }: Caller,
  { name, groups, lifetimeMs }: Asked,
  userAgent: string | undefined,
): Session {
  const createdAt = deps.now();
  const id = deps.randomId();
  const { issuer, subject, user, email } = maker;
  return {
    version: 2,
    id,
    kind: 'service-account',
    identity: {
      provider: 'service-accounts',
      issuer: 'sallyport:service-accounts',
      // A later service account of the same name is another one.
      subject: id,
      user: `${serviceAccountPrefix}${name}`,
      groups,
      claims: {},
      amr: [],
    },
    createdAt,
    expiresAt: createdAt + lifetimeMs,
    idleMs: lifetimeMs,
    clientAddress,
    ...(userAgent === undefined ? {} : { userAgent }),
    serviceAccount: { name, maker: { issuer, subject, user, ...(email === undefined ? {} : { email }) } },
  };
}

async function create(deps: HandlerDeps, caller: Caller, session: Session): Promise<string> {
  const { name } = session.serviceAccount!;
  const detail = JSON.stringify({ name, groups: session.identity.groups });
  const about = { path, detail, by: caller.identity };
  return beginWithToken(deps, session, path, () => deps.events.created(session, about));
}

/**
 * `POST /v1/service-accounts`: creates a service account, and returns its token. It is recorded before it exists. It
 * belongs to no login, and goes on when its maker logs out. Its name belongs to the maker from then on. With
 * `reserved=true`, the policy keeps the name from the caller.
 */
export function createServiceAccount(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { success, data } = serviceAccountRequestSchema.safeParse(request.body);
    if (!success) throw new ProblemError('bad-request', 'This is not the description of a service account.');
    if (!isLogin(caller.session))
      throw new ProblemError('forbidden', 'Only a person who has logged in can create a service account.');
    const reserved = readQuery(request).get('reserved') === 'true';
    const groups = [...new Set(data.groups)];
    refuseForeignGroups(caller, groups);
    deps.events.requireRoom();
    const { issuer, subject } = caller.identity;
    const session = sessionOf(deps, caller, { ...data, groups }, readClientFacts(request).userAgent);
    const token = await withHeldPerson(
      deps.singleUse,
      { kind: 'service-accounts-of', issuer, subject, taken: busy() },
      () => withOwnName(deps, caller, { name: data.name, reserved }, () => create(deps, caller, session)),
    );
    response.status(201).json({ token, serviceAccount: serviceAccountView(session) });
  };
}
