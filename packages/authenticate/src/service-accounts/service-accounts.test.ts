import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

const clock = { now: 1_800_000_000_000 };
let stored: SessionStore;
let service: TestService;
beforeEach(async () => {
  stored = createMemorySessionStore({ now: () => clock.now });
  service = await createTestService(undefined, { sessions: stored, clock });
});

type CallerOf = Partial<Parameters<typeof callerHeader>[0]>;
const bob = { subject: 'sub-bob', user: 'bob@example.com' };
const send = (method: 'get' | 'post' | 'delete', path: string, caller: CallerOf = {}, body?: object) =>
  service.browser.send(
    method,
    path,
    { accept: 'application/json', ...callerHeader({ id: 'login', groups: ['ci', 'developers'], ...caller }) },
    body,
  );
const create = (changes: object = {}, caller: CallerOf = {}) =>
  send('post', '/v1/service-accounts', caller, {
    name: 'deployer',
    groups: ['ci'],
    lifetimeMs: 86_400_000,
    ...changes,
  });
const made = async (...args: Parameters<typeof create>) => {
  const { status, body } = await create(...args);
  expect(status).toBe(201);
  return body as { token: string; serviceAccount: { id: string } };
};
/** A name is kept for some seconds, in which only one creation can use it. */
const later = () => void (clock.now += 6000);

describe('creating a service account', () => {
  it('is recorded, and returns the token of an identity of its own, with an end', async () => {
    const { token, serviceAccount } = await made();
    expect(serviceAccount).toMatchObject({
      name: 'deployer',
      user: 'service-account:deployer',
      groups: ['ci'],
      maker: 'alice@example.com',
      expiresAt: clock.now + 86_400_000,
    });
    expect((await stored.find([hashToken(token)]))[0]).toMatchObject({
      session: {
        kind: 'service-account',
        identity: { issuer: 'sallyport:service-accounts', subject: serviceAccount.id, claims: {} },
      },
    });
    const [event] = service.events('service_account.created');
    expect(event!.data).toMatchObject({
      user: { username: 'alice@example.com' },
      sallyport: {
        credentialKind: 'service-account',
        detail: '{"name":"deployer","groups":["ci"]}',
        identity: { sub: serviceAccount.id },
      },
    });
    expect(JSON.stringify(event)).not.toContain(token);
  });

  it('gives it no group that its maker is not in, unless api.policy.machines allows that', async () => {
    const { status, body } = await create({ groups: ['ci', 'admins'] });
    expect([status, body]).toEqual([403, expect.objectContaining({ detail: expect.stringContaining('"admins"') })]);
    expect(await stored.list()).toEqual([]);
    await made({ groups: ['ci', 'admins'], name: 'other' }, { privileged: true });
  });

  it('is refused to programs', async () => {
    for (const kind of ['agent', 'service-account', 'workload', 'route'] as const)
      expect((await create({}, { kind, privileged: true })).status).toBe(403);
    expect(await stored.list()).toEqual([]);
  });

  it('is refused with a name that is taken, and gives it to one of many that ask at once', async () => {
    const outcomes = await Promise.all([create(), create(), create({}, bob)]);
    expect(outcomes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    later();
    expect((await create()).status).toBe(409);
    await made({ name: 'another' });
  });

  it.each([
    { name: 'Deployer' },
    { name: 'system:x' },
    { groups: [] },
    { groups: [''] },
    { lifetimeMs: 0 },
    { lifetimeMs: 1e12 },
    { more: true },
  ])('is refused with a description that is not clear: %j', async (changes) => {
    expect((await create(changes)).body).toMatchObject({ code: 'bad-request' });
  });

  it('creates nothing while it cannot be recorded', async () => {
    service.audit.away = true;
    expect((await create()).status).toBe(503);
    expect(await stored.list()).toEqual([]);
  });
});

describe('service accounts', () => {
  it('are seen and ended by their maker, and by others only with api.policy.machines', async () => {
    const { token, serviceAccount } = await made();
    await made({ name: 'bobs' }, bob);
    const names = async (query: string, caller: CallerOf = {}) => {
      const { status, body } = await send('get', `/v1/service-accounts${query}`, caller);
      return status === 200
        ? (body as { serviceAccounts: { name: string }[] }).serviceAccounts.map(({ name }) => name)
        : status;
    };
    expect(await names('')).toEqual(['deployer']);
    expect(await names('?all=true')).toBe(403);
    expect(await names('?all=1')).toBe(400);
    expect(await names('?all=true', { privileged: true })).toEqual(['deployer', 'bobs']);
    const path = `/v1/service-accounts/${serviceAccount.id}`;
    expect((await send('delete', path, bob)).status).toBe(404);
    expect((await send('delete', path, { kind: 'service-account', privileged: true })).status).toBe(404);
    expect((await send('delete', path)).status).toBe(204);
    expect((await stored.find([hashToken(token)]))[0]!.state).toBe('revoked');
    expect(service.events('service_account.revoked')[0]!.data).toMatchObject({
      user: { username: 'alice@example.com' },
      sallyport: { sessionId: serviceAccount.id },
    });
    expect((await send('delete', path)).status).toBe(404);
  });

  it('go on when their maker logs out, and end at their end', async () => {
    const { token } = await made();
    expect((await send('post', '/.sallyport/logout?everywhere=true')).status).toBe(204);
    const state = async () => (await stored.find([hashToken(token)]))[0]!.state;
    expect(await state()).toBe('live');
    clock.now += 86_400_000;
    expect(await state()).toBe('unknown');
  });
});
