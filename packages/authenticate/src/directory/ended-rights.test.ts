import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerHeader } from '../testing/caller-header.ts';
import { createScimClient, scimSource, withSources, type ScimTestClient } from '../testing/scim-client.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
const begin = async (more: object = {}) => {
  service = await createTestService(withSources([scimSource(more)], { groupSources: ['scim', 'claims'] }));
  scim = createScimClient(service);
};
beforeEach(() => begin());

const logIn = async () => {
  await exchange(service, { code: await cliCode(service) });
  return (await service.sessions.list()).at(-1)!;
};
/** Returns whose rights were ended since the last call. */
let position: string | undefined;
const ended = async () => {
  const read = await service.sessions.rightsEnded(position);
  ({ position } = read);
  return read.ends.map(({ of, reason }) => ({ of, reason }));
};
beforeEach(() => void (position = undefined));

const ofKey = { of: { source: 'scim', key: 'name:alice@example.com' }, reason: 'deactivated' };
const person = { issuer: expect.any(String) as unknown as string, subject: 'sub-alice' };
const ofPerson = { of: person, reason: 'deactivated' };
const end = (query: string, caller: Parameters<typeof callerHeader>[0]) =>
  service.browser.send('delete', `/v1/sessions${query}`, { accept: 'application/json', ...callerHeader(caller) });

describe('what people were given for a time ends', () => {
  it('when the directory deactivates them, before the push is answered, whether or not they are logged in', async () => {
    const alice = await scim.user('alice@example.com');
    expect(await ended()).toEqual([]);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: false } });
    expect(await ended()).toEqual([ofKey]);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: true } });
    expect(await ended()).toEqual([]);
    await logIn();
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: false } });
    expect(await ended()).toEqual([ofKey, ofPerson]);
  });

  it('when the directory deletes them', async () => {
    const alice = await scim.user('alice@example.com');
    await scim.send('delete', `/Users/${alice.id}`);
    expect(await ended()).toEqual([ofKey]);
  });

  it('when a directory that is required does not know them any more', async () => {
    await begin({ required: true });
    const alice = await scim.user('alice@example.com');
    await logIn();
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'userName', value: 'somebody-else' });
    expect(await ended()).toEqual(expect.arrayContaining([ofKey, ofPerson]));
  });

  it('even if that could not be noted at first', async () => {
    const alice = await scim.user('alice@example.com');
    const { find } = service.store;
    service.store.find = () => Promise.reject(new Error('planted'));
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', value: { active: false } });
    service.store.find = find;
    expect(await ended()).toEqual([]);
    service.clock.now += 60_000;
    await service.directory.reconciler.runDue();
    expect(await ended()).toEqual([ofKey]);
  });

  it('when their provider refuses their new claims', async () => {
    await logIn();
    await scim.user('mallory@example.com', { active: false });
    await ended();
    service.provider.lies = { claims: { email: 'mallory@example.com' } };
    service.clock.now += 600_000;
    await service.refresher.runDue();
    expect(await ended()).toEqual([ofPerson]);
  });

  it('when an operator ends their sessions, and when they end all of their own', async () => {
    const { id } = await logIn();
    await end('?user=alice@example.com', { id, privileged: true });
    expect(await ended()).toEqual([{ of: { user: 'alice@example.com' }, reason: 'revoked' }]);
    await end('?all=true', { id, privileged: true });
    expect(await ended()).toEqual([{ of: 'everybody', reason: 'revoked' }]);
    await end('?user=nobody-is-logged-in', { id, privileged: true });
    expect(await ended()).toEqual([{ of: { user: 'nobody-is-logged-in' }, reason: 'revoked' }]);
    const again = await logIn();
    await end('?user=alice@example.com&provider=corp', { id: again.id, privileged: true });
    expect(await ended()).toEqual([{ of: person, reason: 'revoked' }]);
    const own = await logIn();
    expect((await end('?user=bob@example.com', { id: own.id })).body).toMatchObject({ code: 'forbidden' });
    expect(await ended()).toEqual([]);
    await end('?user=alice@example.com', { id: own.id });
    expect(await ended()).toEqual([{ of: person, reason: 'revoked' }]);
  });
});

describe('what people were given for a time goes on', () => {
  it('when one session ends, or their groups change', async () => {
    const alice = await scim.user('alice@example.com');
    const { id } = await logIn();
    await logIn();
    await scim.group('sre', [alice.id]);
    await scim.patch(`/Users/${alice.id}`, { op: 'replace', path: 'displayName', value: 'A.' });
    await service.sessions.revoke(id, { by: 'alice', reason: 'logout' });
    await service.directory.reconciler.runDue();
    expect(await ended()).toEqual([]);
  });
});
