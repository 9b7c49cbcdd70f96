import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerHeader } from '../testing/caller-header.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { after, identityOf, live, logIn, minute } from '../testing/test-refresh.ts';
import { createScimTestService } from '../testing/scim-client.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService({ sessions: { memory: true, idle: '10h' } });
});
const asJson = { accept: 'application/json' };
const sessionCount = async () => (await service.sessions.list()).length;
const typesOf = () =>
  service.audit.records.map(({ type, data }) => `${type} ${data.sallyport.sessionId === undefined ? '-' : 'session'}`);

describe('while the audit log is away, a login', () => {
  it('in a browser gets a page with 503 that says to log in again, no cookie, no session and no tokens', async () => {
    service.audit.away = true;
    const answer = await throughProvider(service, '/.sallyport/login');
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/not logged in[^]*Log in again/);
    expect(JSON.stringify(answer.headers['set-cookie'])).not.toMatch(/session=[^;]/);
    expect([await sessionCount(), await service.tokenStorage.tokens.count()]).toEqual([0, 0]);
  });

  it('of a program gets 503 with what to do, and no token', async () => {
    const code = await cliCode(service);
    service.audit.away = true;
    const answer = await exchange(service, { code });
    expect([answer.status, answer.body]).toMatchObject([
      503,
      { code: 'audit-unavailable', detail: expect.stringContaining('Log in again') },
    ]);
    expect(answer.text).not.toContain('spt_');
    expect(await sessionCount()).toBe(0);
  });

  it('does not push out a session that the user has', async () => {
    service = await createTestService({ sessions: { memory: true, perUser: 1 } });
    const before = await logIn(service);
    const code = await cliCode(service);
    service.audit.away = true;
    expect((await exchange(service, { code })).status).toBe(503);
    expect(await live(service, before)).toMatchObject({ id: before.id });
  });

  it('that is delivered later is followed by its end, so that no session seems to have begun', async () => {
    const code = await cliCode(service);
    service.audit.away = true;
    await exchange(service, { code });
    service.audit.comeBack();
    expect(typesOf()).toEqual(['session.login session', 'session.ended session']);
    const [login, ended] = service.audit.records;
    expect(ended).toMatchObject({
      key: login!.key,
      data: {
        responseStatus: { code: 503, message: 'not-begun' },
        sallyport: { sessionId: login!.data.sallyport.sessionId },
      },
    });
  });
});

it('a login whose session cannot be stored after it was recorded is followed by its end', async () => {
  const code = await cliCode(service);
  service.deps.sessions.create = async () => {
    throw new Error('the store is gone');
  };
  expect((await exchange(service, { code })).status).toBe(500);
  expect(typesOf()).toEqual(['session.login session', 'session.ended session']);
});

describe('while the audit log is away, the end of a session', () => {
  const send = (method: 'delete' | 'post', path: string, id: string) =>
    service.browser.send(method, path, { ...asJson, ...callerHeader({ id }) });

  it.each([
    ['delete', (id: string) => `/v1/sessions/${id}`, { revoked: 1, recorded: false }],
    ['delete', () => '/v1/sessions?user=alice@example.com', { revoked: 1, recorded: false }],
    ['post', () => '/.sallyport/logout', { recorded: false }],
  ] as const)(
    'by %s takes effect, says that it is not recorded yet, and is recorded later',
    async (method, path, body) => {
      await exchange(service, { code: await cliCode(service) });
      const [session] = await service.sessions.list();
      service.audit.away = true;
      const answer = await send(method, path(session!.id), session!.id);
      expect([answer.status, answer.body]).toEqual([200, body]);
      expect(await sessionCount()).toBe(0);
      expect(service.events('session.revoked')).toEqual([]);
      service.audit.comeBack();
      expect(service.events('session.revoked')).toHaveLength(1);
    },
  );

  it('is queued even if the queue is full', async () => {
    await exchange(service, { code: await cliCode(service) });
    const [session] = await service.sessions.list();
    service.audit.full = true;
    expect((await send('delete', `/v1/sessions/${session!.id}`, session!.id)).body).toEqual({
      revoked: 1,
      recorded: false,
    });
    expect(service.events('session.revoked')).toHaveLength(1);
  });
});

describe('while the audit log is away, a refresh', () => {
  it('takes groups away, but gives none until that is recorded', async () => {
    const session = await logIn(service);
    service.provider.lies = { claims: { groups: ['sre'] } };
    service.audit.away = true;
    await after(service, 10 * minute);
    expect((await identityOf(service, session)).groups).toEqual([]);
    service.audit.comeBack();
    await after(service, minute);
    expect((await identityOf(service, session)).groups).toEqual(['sre']);
    expect(service.events('session.refreshed').at(-1)!.data.user.groups).toEqual(['sre']);
  });

  it('does not fill the queue with its attempts', async () => {
    await logIn(service);
    service.provider.lies = { claims: { groups: ['developers', 'sre'] } };
    service.audit.away = true;
    for (let n = 0; n < 50; n += 1) await after(service, minute);
    expect(service.audit.waiting.length).toBeLessThan(3);
  });
});

describe('while the audit log is away, a push of the directory', () => {
  it('takes groups from sessions, gives them none until that is recorded, and says that it is not recorded', async () => {
    const { service: withScim, scim } = await createScimTestService();
    service = withScim;
    const alice = await scim.user('alice@example.com');
    const [before, after] = [await scim.group('before', [alice.id]), await scim.group('after')];
    const session = await logIn(service);
    expect((await identityOf(service, session)).groups).toEqual(['before']);
    service.audit.away = true;
    const change = (group: string, op: string) =>
      scim.patch(`/Groups/${group}`, { op, path: 'members', value: [{ value: alice.id }] });
    const [added, removed] = [await change(after.id, 'add'), await change(before.id, 'remove')];
    expect([added, removed].map(({ status, headers }) => [status, headers['sallyport-recorded']])).toEqual([
      [204, 'false'],
      [204, 'false'],
    ]);
    expect((await identityOf(service, session)).groups).toEqual([]);
    service.audit.comeBack();
    expect(service.events('directory.changed').length).toBeGreaterThanOrEqual(2);
    await service.directory.reconciler.reconcileAll(() => true);
    expect((await identityOf(service, session)).groups).toEqual(['after']);
  });

  it('ends the sessions of a user whom it deactivates', async () => {
    const { service: withScim, scim } = await createScimTestService();
    service = withScim;
    const alice = await scim.user('alice@example.com');
    const session = await logIn(service);
    service.audit.away = true;
    expect((await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'active', value: false })).status).toBe(200);
    expect(await live(service, session)).toBe('deactivated');
  });
});
