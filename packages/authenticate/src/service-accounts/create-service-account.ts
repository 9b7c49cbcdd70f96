import type { RequestHandler } from 'express';
import { isLogin, serviceAccountPrefix, serviceAccountRequestSchema, type Session } from '@sallyport/contracts';
import { ProblemError, readClientFacts, type Caller } from '@sallyport/kit';
import { requireCaller } from '../session/read-caller-session.ts';
import { beginWithToken } from '../session/begin-with-token.ts';
import { withHeldName, withHeldPerson } from '../session/with-held-name.ts';
import type { ServiceAccountDeps } from './service-account-deps.ts';
import { serviceAccountView } from './service-account-view.ts';

const path = '/v1/service-accounts';
/** How many service accounts one person may have made, of those that have not ended. */
const maxMade = 50;
/** Refuses groups that would give the maker more than they have. Groups of an elevation are not theirs to give. */
function refuseForeignGroups({ identity, privileged }: Caller, groups: readonly string[]): void {
  const foreign = groups.filter((group) => !identity.groups.includes(group));
  if (foreign.length > 0 && !privileged)
    throw new ProblemError(
      'forbidden',
      `You are not in ${foreign.map((group) => JSON.stringify(group)).join(', ')}. A service account has groups of its maker only, unless api.policy.machines allows more.`,
    );
}

const takenName = (name: string) =>
  new ProblemError(
    'conflict',
    `There is a service account "${name}" already, or it is being created. Choose another name, or end that one first.`,
  );

const busy = () => new ProblemError('conflict', 'Others of your service accounts are being created. Try again.');

async function refuseTaken({ sessions }: ServiceAccountDeps, caller: Caller, name: string): Promise<void> {
  const accounts = (await sessions.list()).flatMap(({ serviceAccount }) => (serviceAccount ? [serviceAccount] : []));
  if (accounts.some((one) => one.name === name)) throw takenName(name);
  const { issuer, subject } = caller.identity;
  const made = accounts.filter(({ maker }) => maker.issuer === issuer && maker.subject === subject);
  if (made.length >= maxMade)
    throw new ProblemError(
      'too-many-requests',
      `You have made ${maxMade} service accounts, the maximum. End some first.`,
    );
}

type Asked = { name: string; groups: string[]; lifetimeMs: number };

function sessionOf(
  deps: Pick<ServiceAccountDeps, 'now' | 'randomId'>,
  { identity: maker, clientAddress }: Caller,
  { name, groups, lifetimeMs }: Asked,
  userAgent: string | undefined,
): Session {
  const [createdAt, id] = [deps.now(), deps.randomId()];
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

async function create(deps: ServiceAccountDeps, caller: Caller, session: Session): Promise<string> {
  await refuseTaken(deps, caller, session.serviceAccount!.name);
  const detail = JSON.stringify({ groups: session.identity.groups });
  const about = { path, detail, by: caller.identity };
  return beginWithToken(deps, session, path, () => deps.events.created(session, about));
}

/**
 * `POST /v1/service-accounts`: creates a service account, and returns its token. It is recorded before it exists. It
 * belongs to no login, and goes on when its maker logs out.
 */
export function createServiceAccount(deps: ServiceAccountDeps): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { success, data } = serviceAccountRequestSchema.safeParse(request.body);
    if (!success) throw new ProblemError('bad-request', 'This is not the description of a service account.');
    if (!isLogin(caller.session))
      throw new ProblemError('forbidden', 'Only a person who has logged in can create a service account.');
    const groups = [...new Set(data.groups)];
    refuseForeignGroups(caller, groups);
    deps.events.requireRoom();
    const { issuer, subject } = caller.identity;
    const session = sessionOf(deps, caller, { ...data, groups }, readClientFacts(request).userAgent);
    const token = await withHeldName(
      deps.singleUse,
      { kind: 'service-account', name: data.name, taken: takenName(data.name) },
      () =>
        withHeldPerson(deps.singleUse, { kind: 'service-accounts-of', issuer, subject, taken: busy() }, () =>
          create(deps, caller, session),
        ),
    );
    response.status(201).json({ token, serviceAccount: serviceAccountView(session) });
  };
}
