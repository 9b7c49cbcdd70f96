import { beforeEach, describe, expect, it } from '@jest/globals';
import { userUid } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import {
  createMemoryNameStore,
  createMemorySessionStore,
  createMemorySingleUseStore,
  type NameStore,
  type SessionStore,
} from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { issuer } from '../testing/test-provider.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createNameSeeder } from './create-name-seeder.ts';

const clock = { now: 1_800_000_000_000 };
let stored: SessionStore;
let names: NameStore;
let service: TestService;
beforeEach(async () => {
  stored = createMemorySessionStore({ now: () => clock.now });
  names = createMemoryNameStore({ now: () => clock.now });
  service = await createTestService(undefined, { sessions: stored, names, clock });
});

type CallerOf = Partial<Parameters<typeof callerHeader>[0]>;
const bob = { subject: 'sub-bob', user: 'bob@example.com' };
const sre = { subject: 'sub-sre', user: 'sre@example.com', privileged: true };
const send = (method: 'get' | 'post' | 'delete', path: string, caller: CallerOf = {}, body?: object) =>
  service.browser.send(
    method,
    path,
    { accept: 'application/json', ...callerHeader({ id: 'login', groups: ['ci'], ...caller }) },
    body,
  );
const create = (name: string, caller: CallerOf = {}, query = '') =>
  send('post', `/v1/service-accounts${query}`, caller, { name, groups: ['ci'], lifetimeMs: 86_400_000 });
async function made(name: string, caller: CallerOf = {}): Promise<string> {
  const { status, body } = await create(name, caller);
  expect(status).toBe(201);
  return (body as { serviceAccount: { id: string } }).serviceAccount.id;
}
const revoke = (id: string, caller: CallerOf = {}) => send('delete', `/v1/service-accounts/${id}`, caller);

describe('the name of a service account that has ended', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['was revoked', (id) => revoke(id)],
    ['was revoked by another', (id) => revoke(id, sre)],
    ['has expired', async () => void (clock.now += 86_400_000)],
    ['was ended with all sessions', () => send('delete', '/v1/sessions?all=true', sre)],
  ])('stays with its maker if it %s', async (_how, end) => {
    await end(await made('deployer'));
    for (const caller of [bob, sre, { ...bob, user: 'alice@example.com' }])
      expect((await create('deployer', caller)).status).toBe(409);
    expect(await stored.list()).toEqual([]);
    await made('deployer');
  });
});

describe('a name that is not free', () => {
  const refusal = async (name: string, caller: CallerOf, query = '') => {
    const { status, body } = await create(name, caller, query);
    const { detail } = body as { detail: string };
    return [status, detail.replaceAll(name, 'NAME')];
  };

  it('is refused with one answer, whatever the reason, and stays as it is', async () => {
    await made('live');
    await revoke(await made('ended'));
    const before = await names.list();
    const answers = [
      await refusal('live', bob),
      await refusal('ended', bob),
      await refusal('prod', bob, '?reserved=true'),
      await refusal('live', { ...sre }),
    ];
    await service.singleUse.claim('service-account', 'early', {}, 30_000);
    answers.push(await refusal('early', bob));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toEqual([409, expect.stringContaining('is not free')]);
    expect(await names.list()).toEqual(before);
  });

  it('is told to its own maker in other words', async () => {
    await made('live');
    expect(await refusal('live', {})).toEqual([409, expect.stringContaining('You have a service account')]);
    expect((await create('live', {}, '?reserved=true')).status).toBe(409);
  });

  it('costs as many steps of the stores, whatever the reason', async () => {
    await made('live');
    await revoke(await made('ended'));
    const steps: string[] = [];
    const counted = <Of extends object>(of: Of): Of =>
      new Proxy(of, {
        get(target, key, receiver) {
          const value: unknown = Reflect.get(target, key, receiver);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            steps.push(String(key));
            return (value as (...all: unknown[]) => unknown).apply(target, args);
          };
        },
      });
    service = await createTestService(undefined, { sessions: counted(stored), names: counted(names), clock });
    const taken: string[] = [];
    for (const [name, query] of [['live'], ['ended'], ['reserved', '?reserved=true']] as const) {
      steps.length = 0;
      await refusal(name, bob, query);
      taken.push(steps.join());
    }
    expect(new Set(taken)).toEqual(new Set(['list,read,hold']));
  });

  it('is not told from a free one by who holds as many names as possible', async () => {
    await made('live');
    const uid = userUid({ issuer, subject: bob.subject });
    for (let n = 0; n < 200; n += 1) await names.hold(`bobs-${n}`, { uid, user: bob.user });
    for (const query of ['', '?reserved=true'])
      for (const name of ['live', 'free']) expect((await create(name, bob, query)).status).toBe(429);
    expect(await names.read('free')).toBeUndefined();
    await made('bobs-7', bob);
  });
});

describe('the names that a person holds', () => {
  it('are counted after their accounts have ended, so that no one collects them', async () => {
    await revoke(await made('n-0'));
    const uid = userUid({ issuer, subject: 'sub-alice' });
    for (let n = 1; n < 200; n += 1) await names.hold(`n-${n}`, { uid, user: 'alice@example.com' });
    const { status, body } = await create('one-more');
    expect([status, (body as { detail: string }).detail]).toEqual([429, expect.stringContaining('200 names')]);
    expect((await send('delete', '/v1/service-account-names/n-0')).status).toBe(204);
    await made('one-more');
  });

  it('are listed for them, and those of all only with api.policy.machines', async () => {
    await made('live');
    await revoke(await made('ended'));
    await made('bobs', bob);
    const listed = async (query: string, caller: CallerOf = {}) => {
      const { status, body } = await send('get', `/v1/service-account-names${query}`, caller);
      return status === 200 ? (body as { names: unknown[] }).names : status;
    };
    const own = { holder: 'alice@example.com', since: clock.now };
    expect(await listed('')).toEqual([
      { ...own, name: 'ended', inUse: false },
      { ...own, name: 'live', inUse: true },
    ]);
    expect([await listed('?all=true'), await listed('?all=1')]).toEqual([403, 400]);
    expect(await listed('?all=true', sre)).toHaveLength(3);
  });
});

describe('the release of a name', () => {
  const release = async (name: string, caller: CallerOf = {}) =>
    (await send('delete', `/v1/service-account-names/${name}`, caller)).status;

  it('frees it for others, after it was recorded', async () => {
    await revoke(await made('deployer'));
    service.audit.away = true;
    expect(await release('deployer')).toBe(503);
    service.audit.comeBack();
    expect((await create('deployer', bob)).status).toBe(409);
    expect(await release('deployer')).toBe(204);
    await made('deployer', bob);
    expect(service.events('service_account.name.released').at(-1)!.data).toMatchObject({
      verb: 'release',
      user: { username: 'alice@example.com' },
      sallyport: {
        detail: JSON.stringify({
          name: 'deployer',
          holder: { user: 'alice@example.com', uid: userUid({ issuer, subject: 'sub-alice' }) },
        }),
      },
    });
  });

  it('is not possible while an account has it', async () => {
    await made('deployer');
    expect([await release('deployer'), await release('deployer', sre)]).toEqual([409, 409]);
  });

  it('leaves no account with the name behind, of a creation at the same time', async () => {
    await revoke(await made('deployer'));
    const uid = userUid({ issuer, subject: 'sub-alice' });
    const singleUse = createMemorySingleUseStore({ now: () => clock.now });
    const claim: typeof singleUse.claim = async (kind, ...rest) => {
      if (kind === 'service-account') await names.release('deployer', uid);
      return singleUse.claim(kind, ...rest);
    };
    service = await createTestService(undefined, {
      sessions: stored,
      names,
      clock,
      singleUse: { ...singleUse, claim },
    });
    expect((await create('deployer')).status).toBe(409);
    expect(await stored.list()).toEqual([]);
  });

  it('is for its holder, and for whom api.policy.machines allows; others cannot tell it from a free one', async () => {
    await revoke(await made('deployer'));
    await made('live');
    const names = ['deployer', 'live', 'free', 'Not-A-Name'];
    expect(await Promise.all(names.map((name) => release(name, bob)))).toEqual([404, 404, 404, 404]);
    await service.singleUse.claim('service-account', 'early', {}, 30_000);
    expect(await release('early', bob)).toBe(404);
    expect(await release('deployer', { kind: 'agent' })).toBe(404);
    expect(await release('deployer', { ...sre, kind: 'service-account' })).toBe(404);
    expect([await release('free', sre), await release('deployer', sre)]).toEqual([404, 204]);
  });
});

describe('names from before the gateway kept them', () => {
  const old = async (name: string, maker: { subject: string; user: string }) => {
    const session = {
      version: 2 as const,
      id: `${name}-${maker.subject}`,
      kind: 'service-account' as const,
      identity: {
        provider: 'service-accounts',
        issuer: 'sallyport:service-accounts',
        subject: `${name}-${maker.subject}`,
        user: `service-account:${name}`,
        groups: ['ci'],
        claims: {},
        amr: [],
      },
      createdAt: clock.now,
      expiresAt: clock.now + 86_400_000,
      idleMs: 86_400_000,
      serviceAccount: { name, maker: { issuer, ...maker } },
    };
    await stored.create(session.id.padEnd(43, 'h'), session);
    return session.id;
  };
  const seeder = () => createNameSeeder({ sessions: stored, names, logger: service.deps.logger, random: () => 0 });

  it('are given to the makers of live accounts, once, by any number of replicas', async () => {
    const id = await old('deployer', bob);
    const given = await Promise.all([seeder().runOnce(), seeder().runOnce()]);
    expect(given.reduce((sum, one) => sum + one)).toBe(1);
    expect(await seeder().runOnce()).toBe(0);
    await revoke(id, sre);
    expect((await create('deployer')).status).toBe(409);
    await made('deployer', bob);
  });

  it('are given also if the account is found by the creation of another', async () => {
    await old('deployer', bob);
    expect((await create('deployer')).status).toBe(409);
    expect(await names.read('deployer')).toMatchObject({ user: bob.user });
  });

  it('are tried again if the store is down', async () => {
    await old('deployer', bob);
    const list = stored.list.bind(stored);
    let downs = 0;
    const seeding = createNameSeeder({
      sessions: { list: () => ((downs += 1) < 3 ? Promise.reject(new Error('down')) : list()) },
      names,
      logger: service.deps.logger,
      random: () => 0,
      pauseMs: 1,
    });
    seeding.start();
    await until(async () => (await names.read('deployer')) !== undefined);
    await seeding.close();
    expect(service.lines.filter((line) => line.includes('cannot be given'))).toHaveLength(1);
  });

  it('are given as the audit trail has them, by whom api.policy.machines allows, and never taken from a holder', async () => {
    const uid = userUid({ issuer, subject: bob.subject });
    await made('alices');
    const asked = {
      names: [
        { name: 'old', uid, user: bob.user },
        { name: 'alices', uid, user: bob.user },
      ],
    };
    const assign = async (caller: CallerOf, body: object = asked) => {
      const answer = await send('post', '/v1/service-account-names', caller, body);
      return [answer.status, answer.status === 200 ? answer.body : undefined];
    };
    for (const caller of [{}, bob, { ...sre, kind: 'service-account' as const }])
      expect(await assign(caller)).toEqual([403, undefined]);
    expect(await assign(sre, { names: [{ name: 'Old', uid, user: bob.user }] })).toEqual([400, undefined]);
    const outcomes = (first: string) => ({
      names: [
        { name: 'old', outcome: first, holder: bob.user },
        { name: 'alices', outcome: 'of-another', holder: 'alice@example.com' },
      ],
    });
    expect(await assign(sre)).toEqual([200, outcomes('given')]);
    expect(await assign(sre)).toEqual([200, outcomes('held')]);
    expect(service.events('service_account.name.assigned')).toHaveLength(1);
    expect((await create('old')).status).toBe(409);
    await made('old', bob);
  });
});
