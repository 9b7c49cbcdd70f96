import type { RequestHandler } from 'express';
import { agentCallSchema, isLogin, type AgentRequest, type Session } from '@sallyport/contracts';
import { ProblemError, readClientFacts, type Caller } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { beginWithToken } from '../session/begin-with-token.ts';
import { requireCaller } from '../session/caller-session.ts';
import { withHeldName, withHeldPerson } from '../session/with-held-name.ts';
import { agentView } from './own-agents.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const path = '/v1/agents';
/** How many agents one person may have at once. */
const maxAgents = 50;

/** Returns the login that makes the call. Only a login can have agents. */
async function findLogin(sessions: SessionStore, caller: Caller, tokenHash: string): Promise<Session> {
  const [found] = await sessions.find([tokenHash]);
  if (found?.state !== 'live' || found.session.id !== caller.session.id)
    throw new ProblemError('unauthenticated', 'This session has ended. Log in again.');
  if (!isLogin(found.session))
    throw new ProblemError('forbidden', 'Only a person who has logged in can create an agent.');
  return found.session;
}

const takenName = (name: string) =>
  new ProblemError(
    'conflict',
    `You have an agent "${name}" already, or it is being created. End it with "sallyport agent revoke ${name}", or choose another name.`,
  );

const busy = () => new ProblemError('conflict', 'Others of your agents are being created. Try again.');

async function refuseTaken(sessions: SessionStore, { identity }: Session, name: string): Promise<void> {
  const agents = (await sessions.list(identity)).filter(({ kind }) => kind === 'agent');
  if (agents.some(({ agent }) => agent?.name === name)) throw takenName(name);
  if (agents.length >= maxAgents)
    throw new ProblemError(
      'too-many-requests',
      `You already have ${maxAgents} agents, the maximum. End those that you do not use: run "sallyport agent list".`,
    );
}

type Asked = { caller: Caller; login: Session; asked: AgentRequest; parentHash: string; userAgent: string | undefined };

function sessionOf(deps: Pick<HandlerDeps, 'now' | 'randomId'>, about: Asked): Session {
  const { caller, login, asked, parentHash, userAgent } = about;
  const createdAt = deps.now();
  const expiresAt = Math.min(createdAt + asked.lifetimeMs, login.expiresAt);
  return {
    version: 2,
    id: deps.randomId(),
    kind: 'agent',
    identity: login.identity,
    createdAt,
    expiresAt,
    // The idle end of the login holds for it too.
    idleMs: Math.max(1, expiresAt - createdAt),
    clientAddress: caller.clientAddress,
    ...(userAgent === undefined ? {} : { userAgent }),
    parent: { id: login.id, hash: parentHash },
    agent: { name: asked.name, scope: asked.scope },
  };
}

async function create(deps: HandlerDeps, about: Asked): Promise<{ token: string; session: Session }> {
  const { login, asked } = about;
  await refuseTaken(deps.sessions, login, asked.name);
  const session = sessionOf(deps, about);
  const detail = JSON.stringify(asked.scope);
  const token = await beginWithToken(deps, session, path, () => deps.events.created(session, { path, detail }));
  return { token, session };
}

/**
 * `POST /v1/agents`: creates an agent as a child session of the caller's login, and returns its token. It is recorded
 * before it exists.
 */
export function createAgent(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const caller = requireCaller(request);
    const { success, data } = agentCallSchema.safeParse(request.body);
    if (!success) throw new ProblemError('bad-request', 'This is not the description of an agent.');
    const { asked, tokenHash: parentHash } = data;
    deps.events.requireRoom();
    const login = await findLogin(deps.sessions, caller, parentHash);
    const { issuer, subject } = login.identity;
    const { userAgent } = readClientFacts(request);
    const { token, session } = await withHeldName(
      deps.singleUse,
      { kind: 'agent', name: JSON.stringify([issuer, subject, asked.name]), taken: takenName(asked.name) },
      () =>
        withHeldPerson(deps.singleUse, { kind: 'agents-of', issuer, subject, taken: busy() }, () =>
          create(deps, { caller, login, asked, parentHash, userAgent }),
        ),
    );
    response.status(201).json({ token, agent: agentView(session) });
  };
}
