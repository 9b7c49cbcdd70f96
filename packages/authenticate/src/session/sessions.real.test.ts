import { beforeEach, describe, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import { callerHeader } from '../testing/caller-header.ts';
import { gateway } from '../testing/test-config.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const asJson = { accept: 'application/json' };
const sessionsOf = () => service.sessions.list();

describe('me, logout and sessions', () => {
  const logIn = async () => {
    const { body } = await exchange(service, { code: await cliCode(service) });
    return (body as { session: { id: string } }).session.id;
  };

  it('shows the identity to programs and users', async () => {
    const id = await logIn();
    const answer = await service.browser.get('/.sallyport/me', { ...asJson, ...callerHeader({ id }) });
    expect(answer.body).toEqual({
      user: 'alice@example.com',
      email: 'alice@example.com',
      name: 'Alice',
      groups: ['developers'],
      provider: 'corp',
      providerName: 'corp',
      session: {
        id,
        kind: 'cli',
        createdAt: service.clock.now,
        expiresAt: service.clock.now + 43_200_000,
        idleEndsAt: service.clock.now + 7_200_000,
      },
      gatewayVersion: sallyportVersion,
    });
    const page = await service.browser.get('/.sallyport/me', callerHeader({ id }));
    expect(page.text).toContain('alice@example.com');
    expect(page.text).toContain('action="/.sallyport/logout"');
  });

  it('escapes names', async () => {
    service.provider.lies = { claims: { groups: ['<img src=x onerror=alert(1)>'] } };
    const page = await service.browser.get('/.sallyport/me', callerHeader({ id: await logIn() }));
    expect(page.text).toContain('&lt;img src=x');
    expect(page.text).not.toContain('<img');
  });

  it('responds with 401 without a session and after its end', async () => {
    expect((await service.browser.get('/.sallyport/me', asJson)).body).toMatchObject({ code: 'unauthenticated' });
    expect((await service.browser.get('/.sallyport/me')).status).toBe(401);
    const id = await logIn();
    await service.sessions.revoke(id, { by: 'x', reason: 'revoked' });
    expect((await service.browser.get('/.sallyport/me', { ...asJson, ...callerHeader({ id }) })).status).toBe(401);
    expect((await service.browser.get('/.sallyport/me', { ...asJson, 'sallyport-caller': 'nonsense' })).status).toBe(
      400,
    );
  });

  it('logs out at once, and notifies every replica', async () => {
    const id = await logIn();
    const heard: string[] = [];
    service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
    expect((await service.browser.post('/.sallyport/logout', { ...asJson, ...callerHeader({ id }) })).status).toBe(204);
    expect(heard).toEqual([id]);
    expect(await sessionsOf()).toEqual([]);
    expect(service.events('session.revoked')).toMatchObject([
      { data: { user: { username: 'alice@example.com' }, sallyport: { sessionId: id, detail: 'logout' } } },
    ]);
    expect((await service.browser.post('/.sallyport/logout', asJson)).status).toBe(401);
  });

  it('logs a browser out only from our own pages', async () => {
    await throughProvider(service, '/.sallyport/login');
    const [session] = await sessionsOf();
    const headers = callerHeader({ id: session!.id, kind: 'browser' });
    for (const origin of ['https://evil.example', 'https://sibling.example.com', 'null', ''])
      expect((await service.browser.post('/.sallyport/logout', { ...headers, origin })).status).toBe(403);
    expect(await sessionsOf()).toHaveLength(1);
    const done = await service.browser.post('/.sallyport/logout', { ...headers, origin: gateway });
    expect(done.status).toBe(200);
    expect(done.text).toContain('You are logged out');
    expect(service.browser.jar.size).toBe(0);
    expect(await sessionsOf()).toEqual([]);
  });

  it("lists the caller's sessions, and all sessions only to privileged callers", async () => {
    const id = await logIn();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    const bobs = await logIn();
    const list = async (query: string, privileged = false) =>
      await service.browser.get(`/v1/sessions${query}`, { ...asJson, ...callerHeader({ id, privileged }) });
    expect((await list('')).body).toEqual({
      sessions: [
        {
          id,
          kind: 'cli',
          user: 'alice@example.com',
          provider: 'corp',
          createdAt: service.clock.now,
          expiresAt: service.clock.now + 43_200_000,
          idleEndsAt: service.clock.now + 7_200_000,
          clientAddress: '192.0.2.7',
          userAgent: 'test',
          current: true,
        },
      ],
      maySeeAll: false,
    });
    expect((await list('', true)).body).toMatchObject({ sessions: [{ id }], maySeeAll: true });
    expect((await list('?all=true')).body).toMatchObject({ code: 'forbidden' });
    expect((await list('?all=maybe')).body).toMatchObject({ code: 'bad-request' });
    expect(
      ((await list('?all=true', true)).body as { sessions: { id: string }[] }).sessions.map((one) => one.id),
    ).toEqual([id, bobs]);
    expect((await service.browser.get('/v1/sessions', asJson)).status).toBe(401);
  });

  it("revokes the caller's session, others only for privileged callers, and does not reveal which exist", async () => {
    const id = await logIn();
    service.provider.lies = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };
    const bobs = await logIn();
    const end = (which: string, privileged = false) =>
      service.browser.send('delete', `/v1/sessions/${which}`, { ...asJson, ...callerHeader({ id, privileged }) });
    const foreign = await end(bobs);
    const none = await end('no-such-session');
    expect(foreign.body).toEqual(none.body);
    expect(foreign.status).toBe(404);
    expect((await end(bobs, true)).status).toBe(204);
    expect((await end(bobs, true)).status).toBe(404);
    expect((await end(id)).status).toBe(204);
    expect(service.events('session.revoked')).toMatchObject([
      {
        data: { user: { username: 'alice@example.com' }, sallyport: { sessionId: bobs, identity: { sub: 'sub-bob' } } },
      },
      { data: { sallyport: { sessionId: id } } },
    ]);
  });
});
