import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

const clock = { now: 1_800_000_000_000 };
let stored: SessionStore;
let service: TestService;
let login: { id: string; token: string };
const logIn = async () => {
  const { body } = await exchange(service, { code: await cliCode(service) });
  const { access_token: token, session } = body as { access_token: string; session: { id: string } };
  return { token, id: session.id };
};
beforeEach(async () => {
  stored = createMemorySessionStore({ now: () => clock.now });
  service = await createTestService(undefined, { sessions: stored, clock });
  login = await logIn();
});

const scope = { clusters: ['dev'], verbs: ['get'], secrets: false, shell: false };
const asked = { name: 'bot', scope, lifetimeMs: 600_000 };
type CallerOf = Partial<Parameters<typeof callerHeader>[0]>;
const send = (method: 'get' | 'post' | 'delete', path: string, caller: CallerOf = {}, body?: object) =>
  service.browser.send(
    method,
    path,
    { accept: 'application/json', ...callerHeader({ id: login.id, ...caller }) },
    body,
  );
const create = (changes: object = {}, from = login, caller: CallerOf = {}) =>
  send(
    'post',
    '/v1/agents',
    { id: from.id, ...caller },
    { asked: { ...asked, ...changes }, tokenHash: hashToken(from.token) },
  );
const made = async (...args: Parameters<typeof create>) => {
  const { status, body } = await create(...args);
  expect(status).toBe(201);
  return body as { token: string; agent: { id: string; expiresAt: number } };
};
const state = async (token: string) => (await stored.find([hashToken(token)]))[0]!.state;

describe('creating an agent', () => {
  it('is recorded, and returns the token of a child session of the login', async () => {
    const { token, agent } = await made();
    expect(token).toMatch(/^spt_/);
    expect(agent).toMatchObject({ name: 'bot', user: 'alice@example.com', scope, loginId: login.id });
    expect((await stored.find([hashToken(token)]))[0]).toMatchObject({
      state: 'live',
      session: { kind: 'agent', parent: { id: login.id }, expiresAt: clock.now + 600_000 },
    });
    const [event] = service.events('agent.created');
    expect(event!.data.sallyport).toMatchObject({
      agent: { id: agent.id, name: 'bot' },
      credentialKind: 'agent',
      detail: JSON.stringify(scope),
      identity: { email: 'alice@example.com' },
    });
    expect(JSON.stringify(service.events('agent.created'))).not.toContain(token);
  });

  it('ends no later than the login', async () => {
    const { agent } = await made({ lifetimeMs: 300 * 24 * 3_600_000 });
    const found = await stored.read(login.id);
    expect(agent.expiresAt).toBe(found.state === 'live' && found.session.expiresAt);
  });

  it('is refused for a login that is not the caller’s, has ended, or is none', async () => {
    const other = await logIn();
    expect((await create({}, login, { id: other.id })).status).toBe(401);
    expect((await create({}, { ...login, token: 'spt_unknown' })).status).toBe(401);
    const { token, agent } = await made();
    expect((await create({ name: 'another' }, { id: agent.id, token })).status).toBe(403);
    await stored.revoke(login.id, { by: 'alice@example.com', reason: 'logout' });
    expect((await create()).status).toBe(401);
    expect(await stored.list()).toHaveLength(1);
  });

  it('gives a name to one of many creations at once, on any replica, and leaves it free if none succeeds', async () => {
    const { singleUse } = service;
    const other = await createTestService(undefined, { sessions: stored, singleUse, clock });
    const [mine, theirs] = [service, other];
    const at = (one: TestService, n: number) => {
      const body = { asked, tokenHash: hashToken(login.token) };
      const headers = { accept: 'application/json', ...callerHeader({ id: login.id }) };
      return (n % 2 === 0 ? one.browser : one.elsewhere).send('post', '/v1/agents', headers, body);
    };
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_one, n) => at(n % 3 === 0 ? mine : theirs, n)));
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array(11).fill(409)]);
    expect((await stored.list()).filter(({ kind }) => kind === 'agent')).toHaveLength(1);
    service.audit.away = true;
    expect((await create({ name: 'second' })).status).toBe(503);
    service.audit.away = false;
    await made({ name: 'second' });
    // The same name is another agent for another person.
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    await made({}, await logIn(), { subject: 'sub-bob', user: 'bob@example.com' });
  });

  it('is refused with a name that is taken, and by one who has too many', async () => {
    await made();
    const { status, body } = await create();
    expect([status, body]).toEqual([409, expect.objectContaining({ detail: expect.stringContaining('revoke bot') })]);
    for (let n = 1; n < 50; n += 1) await made({ name: `bot-${n}` });
    expect((await create({ name: 'one-more' })).status).toBe(429);
  });

  it.each([
    { name: 'Bot' },
    { name: '' },
    { lifetimeMs: 0 },
    { lifetimeMs: 1e15 },
    { scope: { ...scope, clusters: [] } },
    { scope: { ...scope, verbs: [] } },
    { scope: { ...scope, namespaces: [] } },
    { scope: { ...scope, more: true } },
    { more: true },
  ])('is refused with a description that is not clear: %j', async (changes) => {
    expect((await create(changes)).body).toMatchObject({ code: 'bad-request' });
  });

  it('creates nothing while it cannot be recorded', async () => {
    service.audit.away = true;
    expect((await create()).status).toBe(503);
    expect(await stored.list()).toHaveLength(1);
  });
});

describe('the agents of a user', () => {
  it('are listed for their user, and for all users only with api.policy.machines', async () => {
    const { agent } = await made();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    await made({ name: 'bobs' }, await logIn(), { subject: 'sub-bob', user: 'bob@example.com' });
    const names = async (query: string, caller: CallerOf = {}) => {
      const { status, body } = await send('get', `/v1/agents${query}`, caller);
      return status === 200 ? (body as { agents: { name: string }[] }).agents.map(({ name }) => name) : status;
    };
    expect(await names('')).toEqual(['bot']);
    expect(await names('?all=true')).toBe(403);
    expect(await names('?all=maybe')).toBe(400);
    expect(await names('?all=true', { privileged: true })).toEqual(['bot', 'bobs']);
    const bob = { subject: 'sub-bob', user: 'bob@example.com' };
    expect((await send('delete', `/v1/agents/${agent.id}`, bob)).status).toBe(404);
    expect((await send('delete', `/v1/agents/${login.id}`)).status).toBe(404);
    expect((await send('delete', `/v1/agents/${agent.id}`, { ...bob, privileged: true })).status).toBe(204);
    expect(await names('')).toEqual([]);
  });

  it('end by a revocation, which is recorded with who did it', async () => {
    const { token, agent } = await made();
    expect((await send('delete', `/v1/agents/${agent.id}`)).status).toBe(204);
    expect(await state(token)).toBe('revoked');
    expect(service.events('agent.revoked')[0]!.data).toMatchObject({
      user: { username: 'alice@example.com' },
      sallyport: { agent: { name: 'bot' }, sessionId: agent.id },
    });
    expect((await send('delete', `/v1/agents/${agent.id}`)).status).toBe(404);
  });

  it('end with the login of their user, and each is recorded (A25)', async () => {
    const agents = [await made(), await made({ name: 'second' })];
    expect((await send('post', '/.sallyport/logout')).status).toBe(204);
    for (const { token } of agents) expect(await state(token)).toBe('revoked');
    const ended = service.events('agent.ended');
    expect(ended.map(({ data }) => [data.responseStatus?.message, data.sallyport.agent?.name])).toEqual(
      expect.arrayContaining([
        ['parent-ended', 'bot'],
        ['parent-ended', 'second'],
      ]),
    );
    expect(service.events('session.revoked')).toHaveLength(1);
  });
});
