import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session, SessionChange } from '@sallyport/contracts';
import { hashToken, ProblemError } from '@sallyport/kit';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createScimClient, scimSource, withSources, type ScimTestClient } from '../testing/scim-client.ts';

let service: TestService;
let scim: ScimTestClient;
let heard: SessionChange[];
/** Called by the session store of the service. */
let hooks: { create?: () => Promise<void>; list?: () => Promise<void> };
async function begin(sources: object[] = [scimSource()], provider: object = { groupSources: ['scim', 'claims'] }) {
  hooks = {};
  const clock = { now: Date.now() };
  const memory = createMemorySessionStore({ now: () => clock.now });
  const sessions: SessionStore = {
    ...memory,
    async create(...args) {
      await hooks.create?.();
      await memory.create(...args);
    },
    async list(...args) {
      await hooks.list?.();
      return memory.list(...args);
    },
  };
  service = await createTestService(withSources(sources, provider), { sessions, clock });
  scim = createScimClient(service);
  heard = [];
  service.sessions.onChange((change) => heard.push(change));
}
beforeEach(() => begin());

const logIn = async (): Promise<Session> => {
  const { status, text } = await throughProvider(service, '/.sallyport/login', undefined, createBrowser(service.app));
  if (status !== 302) throw new Error(`${status}: ${text.replaceAll(/<[^>]*>/g, ' ')}`);
  return (await service.sessions.list()).at(-1)!;
};
const refusedLogin = async () => {
  const answer = await throughProvider(service, '/.sallyport/login', undefined, createBrowser(service.app));
  expect(answer.headers['set-cookie'] ?? []).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^__Host-sallyport=spt_/)]),
  );
  return `${answer.status} ${answer.text.replaceAll(/<style>.*?<\/style>/gs, '').replaceAll(/<[^>]*>/g, ' ')}`;
};
const groupsOf = async ({ id }: Session) => {
  const found = await service.sessions.read(id);
  return found.state === 'live'
    ? found.session.identity.groups
    : found.state === 'revoked'
      ? found.tombstone.reason
      : found.state;
};

describe('the groups of a user who logs in', () => {
  it('come from the claims until the user is pushed, and then from SCIM', async () => {
    expect(await groupsOf(await logIn())).toEqual(['developers']);
    const alice = await scim.user('Alice@example.com');
    expect(await groupsOf(await logIn())).toEqual([]);
    await scim.group('sre', [alice.id]);
    await scim.group('core, "x"', [alice.id]);
    expect(await groupsOf(await logIn())).toEqual(['core, "x"', 'sre']);
  });

  it('come from all sources if so configured', async () => {
    await begin([scimSource()], { groupSources: ['claims', 'scim'], combineGroups: 'merge' });
    const alice = await scim.user('alice@example.com');
    await scim.group('sre', [alice.id]);
    await scim.group('developers', [alice.id]);
    expect(await groupsOf(await logIn())).toEqual(['developers', 'sre']);
  });

  it('are empty for an unknown user if the claims are not a source', async () => {
    await begin([scimSource()], { groupSources: ['scim'] });
    expect(await groupsOf(await logIn())).toEqual([]);
  });

  it("have the provider's prefix, and never that of another provider", async () => {
    const partners = {
      id: 'partners',
      issuer: 'https://partners.example',
      clientId: 'c',
      prefix: { user: 'partners:', groups: 'partners:' },
    };
    const sections = withSources([scimSource()], { groupSources: ['scim'], prefix: { groups: 'corp:' } });
    service = await createTestService({
      ...sections,
      identity: {
        ...sections.identity,
        providers: [...sections.identity.providers, partners],
        defaultProvider: 'corp',
      },
    });
    scim = createScimClient(service);
    const alice = await scim.user('alice@example.com');
    await scim.group('sre', [alice.id]);
    expect(await groupsOf(await logIn())).toEqual(['corp:sre']);
    const plain = withSources([scimSource()], { groupSources: ['scim'] });
    service = await createTestService({
      ...plain,
      identity: { ...plain.identity, providers: [...plain.identity.providers, partners], defaultProvider: 'corp' },
    });
    scim = createScimClient(service);
    await scim.group('partners:admins', [(await scim.user('alice@example.com')).id]);
    expect(await refusedLogin()).toContain('another provider');
  });

  it('depend on the configured claim and attribute; identifiers are compared exactly', async () => {
    await begin([scimSource({ match: { claim: 'sub', attribute: 'externalId' } })], { groupSources: ['scim'] });
    const [a, b] = [
      await scim.user('someone', { externalId: 'sub-alice' }),
      await scim.user('alice@example.com', { externalId: 'SUB-ALICE' }),
    ];
    await scim.group('right', [a.id]);
    await scim.group('wrong', [b.id]);
    expect(await groupsOf(await logIn())).toEqual(['right']);
    await scim.user('third', { externalId: 'sub-alice' });
    expect(await refusedLogin()).toContain('Several people in the directory');
  });

  it('do not depend on an unverified address or a look-alike', async () => {
    await begin([scimSource()], { groupSources: ['scim'], claims: { user: 'name' } });
    const alice = await scim.user('alice@example.com');
    await scim.group('sre', [alice.id]);
    service.provider.lies = { claims: { email_verified: false } };
    expect(await groupsOf(await logIn())).toEqual([]);
    service.provider.lies = { claims: { email: 'ali\u217De@example.com' } };
    expect(await groupsOf(await logIn())).toEqual([]);
    service.provider.lies = { claims: { email: 'ALICE@example.com' } };
    expect(await groupsOf(await logIn())).toEqual(['sre']);
  });

  it('are named by externalId if so configured', async () => {
    await begin([scimSource({ groupName: 'externalId' })], { groupSources: ['scim'] });
    const alice = await scim.user('alice@example.com');
    await scim.group('sre', [alice.id], { externalId: 'g-1' });
    await scim.group('nameless', [alice.id]);
    expect(await groupsOf(await logIn())).toEqual(['g-1']);
  });

  it('are refused if there are too many for every request to read', async () => {
    await begin([scimSource()], { groupSources: ['scim'] });
    const { id } = await scim.user('alice@example.com');
    for (let n = 0; n < 80; n += 1) {
      await service.store.put(
        'scim',
        'groups',
        {
          id: `g${n}`,
          keys: [`name:g${n}`],
          active: true,
          body: { displayName: `${n}${'x'.repeat(900)}` },
          version: 1,
          createdAt: 0,
          changedAt: 0,
        },
        { expected: undefined },
      );
      await service.store.changeMembers('scim', `g${n}`, { add: [id] });
    }
    expect(await refusedLogin()).toContain('too many groups');
  });
});

describe('the right to log in', () => {
  it('is lost if any source has deactivated the user, whichever determines the groups', async () => {
    await begin([scimSource()], { groupSources: ['claims', 'scim'] });
    const alice = await scim.user('alice@example.com', { active: false });
    expect(await refusedLogin()).toContain('deactivated');
    await scim.patch(`/Users/${alice.id}`, { op: 'Replace', path: 'active', value: 'True' });
    expect(await groupsOf(await logIn())).toEqual(['developers']);
    expect(service.events('login.failed')).toMatchObject([
      { data: { responseStatus: { message: expect.stringContaining('login-failed') } } },
    ]);
  });

  it('is lost when the user is deleted, until they are created again', async () => {
    const alice = await scim.user('alice@example.com');
    await scim.send('delete', `/Users/${alice.id}`);
    expect(await refusedLogin()).toContain('deactivated');
    await scim.user('ALICE@example.com');
    expect(await groupsOf(await logIn())).toEqual([]);
  });

  it('is lost if a required source does not know the user', async () => {
    await begin([scimSource({ required: true })], { groupSources: ['claims', 'scim'] });
    expect(await refusedLogin()).toContain('not in the directory scim');
    const alice = await scim.user('alice@example.com');
    const session = await logIn();
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'userName', value: 'somebody-else' });
    expect(await groupsOf(session)).toBe('changed');
  });

  it('is not decided while the store is down', async () => {
    service.store.find = () => Promise.reject(new ProblemError('sessions-unavailable', 'away'));
    expect(await refusedLogin()).toMatch(/^503/);
  });
});

describe('a live session', () => {
  it('has pushed groups before the push is answered, and announces the change', async () => {
    const alice = await scim.user('alice@example.com');
    const session = await logIn();
    const group = await scim.group('sre', [alice.id]);
    expect(await groupsOf(session)).toEqual(['sre']);
    expect(heard).toMatchObject([{ type: 'changed', sessionId: session.id }]);
    await scim.patch(`/Groups/${group.id}`, { op: 'replace', path: 'displayName', value: 'ops' });
    expect(await groupsOf(session)).toEqual(['ops']);
    await scim.patch(`/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${alice.id}"]` });
    expect(await groupsOf(session)).toEqual([]);
    await scim.send('put', `/Groups/${group.id}`, {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'ops',
      members: [{ value: alice.id }],
    });
    expect(await groupsOf(session)).toEqual(['ops']);
    await scim.send('delete', `/Groups/${group.id}`);
    expect(await groupsOf(session)).toEqual([]);
    expect(service.events('session.refreshed').map(({ data }) => data.sallyport.detail)).toEqual([
      'groups: +"sre"',
      'groups: +"ops" -"sre"',
      'groups: -"ops"',
      'groups: +"ops"',
      'groups: -"ops"',
    ]);
  });

  it('is updated even if its user was unknown at the login or is renamed', async () => {
    const session = await logIn();
    expect(await groupsOf(session)).toEqual(['developers']);
    const alice = await scim.user('alice@example.com');
    expect(await groupsOf(session)).toEqual([]);
    await scim.group('sre', [alice.id]);
    expect(await groupsOf(session)).toEqual(['sre']);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'userName', value: 'a.liddell' });
    expect(await groupsOf(session)).toEqual(['developers']);
  });

  it('of another user stays the same', async () => {
    const alice = await logIn();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' }, userinfo: { sub: 'sub-bob' } };
    const bob = await logIn();
    await scim.group('sre', [(await scim.user('bob@example.com')).id]);
    expect([await groupsOf(alice), await groupsOf(bob)]).toEqual([['developers'], ['sre']]);
    expect(heard.map(({ sessionId }) => sessionId)).toEqual(expect.not.arrayContaining([alice.id]));
  });

  it('ends at once, like all others of its user, when they are deactivated or deleted', async () => {
    const alice = await scim.user('alice@example.com');
    const sessions = [await logIn(), await logIn()];
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: false } });
    expect(await Promise.all(sessions.map(groupsOf))).toEqual(['deactivated', 'deactivated']);
    expect(heard.filter(({ type }) => type === 'revoked')).toHaveLength(2);
    expect(service.events('session.ended').map(({ data }) => data.responseStatus?.message)).toEqual([
      'deactivated',
      'deactivated',
    ]);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: true } });
    const again = await logIn();
    await scim.send('delete', `/Users/${alice.id}`);
    expect(await groupsOf(again)).toBe('deactivated');
    expect(await service.tokenStorage.tokens.count()).toBe(0);
  });

  it('takes its agents along when it ends, each with an event of its own', async () => {
    const alice = await scim.user('alice@example.com');
    const { body } = await exchange(service, { code: await cliCode(service) });
    const { access_token: token, session } = body as { access_token: string; session: { id: string } };
    const scope = { clusters: ['dev'], verbs: ['get'], secrets: false, shell: false };
    const asked = { asked: { name: 'bot', scope, lifetimeMs: 600_000 }, tokenHash: hashToken(token) };
    const caller = { accept: 'application/json', ...callerHeader({ id: session.id }) };
    expect((await service.browser.send('post', '/v1/agents', caller, asked)).status).toBe(201);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: false } });
    expect(await service.sessions.list()).toEqual([]);
    expect(service.events('agent.ended').map(({ data }) => data)).toMatchObject([
      { responseStatus: { message: 'parent-ended' }, sallyport: { agent: { name: 'bot' } } },
    ]);
    expect(service.events('session.ended')).toHaveLength(1);
  });

  it('keeps its groups over a refresh with older ones', async () => {
    const alice = await scim.user('alice@example.com');
    await scim.group('sre', [alice.id]);
    const session = await logIn();
    service.provider.lies = { claims: { groups: ['from-claims'], department: 'new' } };
    service.clock.now += 600_000;
    await service.refresher.runDue();
    const found = await service.sessions.read(session.id);
    expect(found).toMatchObject({
      state: 'live',
      session: { identity: { groups: ['sre'], claims: { department: 'new' } } },
    });
  });

  it('gets new groups from the claims if they are the source, and ends at a refresh that the directory refuses', async () => {
    const session = await logIn();
    service.provider.lies = { claims: { groups: ['ops'] } };
    service.clock.now += 600_000;
    await service.refresher.runDue();
    expect(await groupsOf(session)).toEqual(['ops']);
    // The address becomes that of a deactivated user.
    await scim.user('mallory@example.com', { active: false });
    service.provider.lies = { claims: { email: 'mallory@example.com' } };
    service.clock.now += 600_000;
    await service.refresher.runDue();
    expect(await groupsOf(session)).toBe('changed');
  });

  it('is not overwritten by a refresh that was under way while the groups changed', async () => {
    const alice = await scim.user('alice@example.com');
    const session = await logIn();
    service.provider.lies.intercept = async (path, body) => {
      if (path === '/token' && body.get('grant_type') === 'refresh_token') await scim.group('sre', [alice.id]);
      return undefined as unknown as Response;
    };
    service.clock.now += 600_000;
    await service.refresher.runDue();
    expect(await groupsOf(session)).toEqual(['sre']);
  });
});

describe('changes without a waiting request', () => {
  it('are reconciled later, even if the replica that noted them stopped', async () => {
    const alice = await scim.user('alice@example.com');
    const session = await logIn();
    const { id } = await scim.group('sre');
    await service.directory.reconciler.runDue();
    // Written by another replica, which stopped before it reconciled the sessions.
    await service.store.changeMembers('scim', id, { add: [alice.id], touched: ['name:alice@example.com'] });
    await service.store.takeTouched('scim', 10, 30_000);
    expect(await service.directory.reconciler.runDue()).toBe(0);
    service.clock.now += 30_000;
    expect(await service.directory.reconciler.runDue()).toBe(1);
    expect(await groupsOf(session)).toEqual(['sre']);
    expect(await service.store.touchedCount('scim')).toBe(0);
  });

  it('stay noted while sessions cannot be read', async () => {
    const alice = await scim.user('alice@example.com');
    const session = await logIn();
    hooks.list = () => Promise.reject(new ProblemError('sessions-unavailable', 'away'));
    const { status } = await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'active', value: false });
    expect(status).toBe(200);
    await expect(service.directory.reconciler.runDue()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    hooks = {};
    service.clock.now += 30_000;
    await service.directory.reconciler.runDue();
    expect(await groupsOf(session)).toBe('deactivated');
  });

  it('during a login are applied once the session exists', async () => {
    const alice = await scim.user('alice@example.com');
    // After the groups were read, and before there is a session to update.
    hooks.create = async () => void (await scim.group('sre', [alice.id]));
    const session = await logIn();
    expect(await groupsOf(session)).toEqual(['sre']);
  });

  it('during a login end it if they deactivate the user', async () => {
    const alice = await scim.user('alice@example.com');
    hooks.create = async () =>
      void (await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'active', value: false }));
    expect(await refusedLogin()).toContain('deactivated');
    expect(await service.sessions.list()).toEqual([]);
  });

  it('are applied to sessions older than the configuration by reconciling all sessions', async () => {
    await begin([], { groupSources: ['claims'] });
    const session = await logIn();
    const after = await createTestService(withSources([scimSource()], { groupSources: ['scim', 'claims'] }), {
      sessions: service.sessions,
    });
    const push = createScimClient(after);
    const alice = await push.user('alice@example.com');
    expect(await groupsOf(session)).toEqual(['developers']);
    expect(await after.directory.reconciler.reconcileAll(() => true)).toBe(1);
    expect(await groupsOf(session)).toEqual([]);
    await push.group('sre', [alice.id]);
    expect(await groupsOf(session)).toEqual(['sre']);
  });
});
