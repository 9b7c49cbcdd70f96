import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let stored: SessionStore;
let service: TestService;
beforeEach(async () => {
  stored = createMemorySessionStore({ now: Date.now });
  service = await createTestService(undefined, { sessions: stored });
  await exchange(service, { code: await cliCode(service) });
  for (const name of ['deployer', 'nightly']) await make(name);
  await make('bobs', { subject: 'sub-bob', user: 'bob@example.com' });
});

type CallerOf = Partial<Parameters<typeof callerHeader>[0]>;
const send = (method: 'post' | 'delete', path: string, caller: CallerOf, body?: object) =>
  service.browser.send(
    method,
    path,
    { accept: 'application/json', ...callerHeader({ id: 'login', groups: ['ci'], ...caller }) },
    body,
  );
async function make(name: string, caller: CallerOf = {}): Promise<void> {
  const asked = { name, groups: ['ci'], lifetimeMs: 86_400_000 };
  expect((await send('post', '/v1/service-accounts', caller, asked)).status).toBe(201);
}
const revoke = async (query: string, caller: CallerOf = {}) => {
  const { status, body } = await send('delete', `/v1/sessions?${query}`, caller);
  return [status, status === 200 ? body : undefined];
};
const left = async () =>
  (await stored.list()).map(({ serviceAccount, identity }) => serviceAccount?.name ?? identity.user);

describe('the revocation of all sessions of a user', () => {
  it.each([{}, { subject: 'sub-sre', user: 'sre@example.com', privileged: true }])(
    'leaves the service accounts that the user made, and says how many (caller %j)',
    async (caller) => {
      expect(await revoke('user=alice@example.com', caller)).toEqual([200, { revoked: 1, serviceAccountsLeft: 2 }]);
      expect(await left()).toEqual(['deployer', 'nightly', 'bobs']);
    },
  );

  it.each([{}, { subject: 'sub-sre', user: 'sre@example.com', privileged: true }])(
    'ends them too if that is asked, each with its own event, and none of another maker (caller %j)',
    async (caller) => {
      expect(await revoke('user=alice@example.com&serviceAccounts=true', caller)).toEqual([200, { revoked: 3 }]);
      expect(await left()).toEqual(['bobs']);
      expect(service.events('session.revoked')).toHaveLength(1);
      expect(service.events('service_account.revoked').map(({ data }) => data.user.username)).toEqual(
        Array(2).fill(caller.user ?? 'alice@example.com'),
      );
    },
  );

  it('includes those that the user made under another name', async () => {
    await make('renamed', { user: 'alice@old.example.com' });
    expect(await revoke('user=alice@example.com&serviceAccounts=true', { privileged: true })).toEqual([
      200,
      { revoked: 4 },
    ]);
    expect(await left()).toEqual(['bobs']);
  });

  it('of all users ends every service account', async () => {
    expect(await revoke('all=true', { privileged: true })).toEqual([200, { revoked: 4 }]);
    expect(await left()).toEqual([]);
  });

  it.each([
    'all=true&serviceAccounts=true',
    'user=alice@example.com&provider=corp&serviceAccounts=true',
    'user=alice@example.com&serviceAccounts=yes',
  ])('is refused if it is not clear what is meant: %s', async (query) => {
    expect(await revoke(query, { privileged: true })).toEqual([400, undefined]);
    expect(await left()).toHaveLength(4);
  });

  it('of another user is not for everyone, with or without their service accounts', async () => {
    for (const query of ['user=bob@example.com', 'user=bob@example.com&serviceAccounts=true'])
      expect(await revoke(query)).toEqual([403, undefined]);
    expect(await left()).toHaveLength(4);
  });
});
