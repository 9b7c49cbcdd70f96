import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerHeader } from '../testing/caller-header.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let heard: string[];
beforeEach(async () => {
  service = await createTestService();
  heard = [];
  service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
});
const asJson = { accept: 'application/json' };
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

describe('revoking the sessions of one user or of all users', () => {
  const end = (query: string, caller: Parameters<typeof callerHeader>[0]) =>
    service.browser.send('delete', `/v1/sessions${query}`, { ...asJson, ...callerHeader(caller) });

  it('is allowed by api.policy.sessions', async () => {
    const [mine] = [await cliLogin(), await cliLogin()];
    service.provider.lies = bob;
    const bobs = [await cliLogin(), await cliLogin()];
    for (const query of ['?user=bob@example.com', '?all=true', '?user=nobody', '?user=alice@example.com%20'])
      expect((await end(query, { id: mine.id })).body).toMatchObject({ code: 'forbidden' });
    expect(await ids()).toHaveLength(4);
    expect((await end('?user=bob@example.com', { id: mine.id, privileged: true })).body).toEqual({ revoked: 2 });
    expect(await Promise.all(bobs.map(({ id }) => reasonOf(id)))).toEqual(['revoked', 'revoked']);
    expect((await end('?user=bob@example.com', { id: mine.id, privileged: true })).body).toEqual({ revoked: 0 });
    expect((await end('?all=true', { id: mine.id, privileged: true })).body).toEqual({ revoked: 2 });
    expect(heard.at(-1)).toBe(mine.id);
    expect(await ids()).toEqual([]);
    expect(service.events('session.revoked')).toHaveLength(4);
  });

  it('lets users end their own sessions, but not those of a user with the same name at another provider', async () => {
    const mine = await cliLogin();
    service.provider.lies = { claims: { sub: 'another-alice' } };
    const namesake = await cliLogin();
    expect((await end('?user=alice@example.com', { id: mine.id })).body).toEqual({ revoked: 1 });
    expect(await ids()).toEqual([namesake.id]);
  });

  it('can be limited to one provider', async () => {
    const mine = await cliLogin();
    expect((await end('?user=alice@example.com&provider=other', { id: mine.id, privileged: true })).body).toEqual({
      revoked: 0,
    });
    expect((await end('?user=alice@example.com&provider=corp', { id: mine.id, privileged: true })).body).toEqual({
      revoked: 1,
    });
  });

  it('must name the user or all users', async () => {
    const mine = await cliLogin();
    for (const query of ['', '?user=', '?all=false', '?all=true&user=x', '?user=a&user=b', '?provider=corp'])
      expect((await end(query, { id: mine.id, privileged: true })).body).toMatchObject({ code: 'bad-request' });
    expect((await service.browser.send('delete', '/v1/sessions?all=true', asJson)).status).toBe(401);
    expect(await ids()).toEqual([mine.id]);
  });

  it('can be previewed as a list', async () => {
    const mine = await cliLogin();
    service.provider.lies = bob;
    const bobs = await cliLogin();
    const list = async (query: string, privileged: boolean) =>
      (await service.browser.get(`/v1/sessions${query}`, { ...asJson, ...callerHeader({ id: mine.id, privileged }) }))
        .body as { sessions?: { id: string }[]; code?: string };
    expect((await list('?user=bob@example.com', true)).sessions!.map(({ id }) => id)).toEqual([bobs.id]);
    expect((await list('?user=bob@example.com', false)).code).toBe('forbidden');
    expect((await list('?user=alice@example.com', false)).sessions!.map(({ id }) => id)).toEqual([mine.id]);
  });
});
