import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../testing/test-browser.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let heard: string[];
beforeEach(async () => {
  service = await createTestService();
  heard = [];
  service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
});
const browserLogin = async (browser = createBrowser(service.app)) => {
  await throughProvider(service, '/.sallyport/login', undefined, browser);
  return { browser, session: (await service.sessions.list()).at(-1)! };
};
const cliLogin = async () => {
  await exchange(service, { code: await cliCode(service) });
  return (await service.sessions.list()).at(-1)!;
};
const ids = async () => (await service.sessions.list()).map(({ id }) => id);
const reasonOf = async (id: string) => {
  const found = await service.sessions.read(id);
  return found.state === 'revoked' ? found.tombstone.reason : found.state;
};
const bob = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };

describe('a limit on the sessions of a user', () => {
  const limited = (onLimit: string) => createTestService({ sessions: { memory: true, perUser: 2, onLimit } });

  it('ends the oldest session of that user only, and records it', async () => {
    service = await limited('endOldest');
    service.provider.lies = bob;
    const bobs = await cliLogin();
    service.provider.lies = {};
    const first = await cliLogin();
    service.clock.now += 1000;
    const second = await cliLogin();
    service.clock.now += 1000;
    const third = await cliLogin();
    expect(await ids()).toEqual([bobs.id, second.id, third.id]);
    expect(await reasonOf(first.id)).toBe('limit');
    expect(service.events('session.ended')).toMatchObject([
      { data: { responseStatus: { message: 'limit' }, sallyport: { sessionId: first.id } } },
    ]);
  });

  it('refuses a new session, and allows it when one has ended', async () => {
    service = await limited('refuse');
    const first = await cliLogin();
    service.clock.now += 1000;
    await cliLogin();
    service.clock.now += 1000;
    const refused = await exchange(service, { code: await cliCode(service) });
    expect(refused.body).toMatchObject({
      code: 'too-many-requests',
      status: 429,
      detail: expect.stringContaining('already have 2 sessions'),
    });
    expect(await ids()).toHaveLength(2);
    expect(service.events('session.login')).toHaveLength(2);
    await service.sessions.revoke(first.id, { by: 'x', reason: 'logout' });
    expect((await exchange(service, { code: await cliCode(service) })).status).toBe(200);
    const page = await throughProvider(service, '/.sallyport/login');
    expect(page.status).toBe(429);
    expect(page.headers['set-cookie']?.toString() ?? '').not.toContain('spt_');
  });

  it('allows a browser to replace its own session', async () => {
    for (const onLimit of ['refuse', 'endOldest']) {
      service = await limited(onLimit);
      const other = await cliLogin();
      const { browser } = await browserLogin();
      service.clock.now += 1000;
      await browserLogin(browser);
      const left = await ids();
      expect(left).toHaveLength(2);
      expect(left).toContain(other.id);
    }
  });

  it.each(['refuse', 'endOldest'])('applies to many simultaneous logins (%s)', async (onLimit) => {
    service = await limited(onLimit);
    const codes = await Promise.all(Array.from({ length: 6 }, () => cliCode(service)));
    await Promise.all(codes.map((code) => exchange(service, { code })));
    const left = (await ids()).length;
    expect(left).toBeGreaterThanOrEqual(onLimit === 'refuse' ? 0 : 1);
    expect(left).toBeLessThanOrEqual(2);
    expect(service.events('session.login').length - service.events('session.ended').length).toBe(left);
  });
});
