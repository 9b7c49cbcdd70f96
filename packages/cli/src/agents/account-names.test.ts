import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const path = '/.sallyport/api/v1/service-account-names';
const [alice, bob] = ['a', 'b'].map((one) => one.repeat(43)) as [string, string];
let gateway: FakeGateway;
let rig: Rig;
let trail: object[];
let scope: string;
let asked: { names: { name: string }[] }[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  [trail, scope, asked] = [[], 'all', []];
  gateway.override = ({ path: at, method, query, body }) => {
    if (at === '/.sallyport/api/v1/audit') {
      const [type, session] = [query.get('type'), query.get('session')];
      const events = (trail as { type: string; data: { sallyport: { sessionId?: string } } }[]).filter(
        (one) => one.type === type && (session === null || one.data.sallyport.sessionId === session),
      );
      // One event per page, so that the next one must be asked for.
      const from = Number(query.get('after') ?? '0');
      const next = from + 1 < events.length ? { next: String(from + 1) } : {};
      return { status: 200, body: { events: events.slice(from, from + 1), scope, ...next } };
    }
    if (at === path && method === 'POST') {
      const { names } = JSON.parse(body) as { names: { name: string; user: string }[] };
      asked.push({ names });
      const taken = (name: string) => name === 'stolen';
      return {
        status: 200,
        body: {
          names: names.map(({ name, user }) => ({
            name,
            outcome: taken(name) ? 'of-another' : 'given',
            holder: taken(name) ? 'eve' : user,
          })),
        },
      };
    }
    if (at === path)
      return {
        status: 200,
        body: { names: [{ name: 'deployer', holder: 'alice', since: Date.now() - 1000, inUse: false }] },
      };
    return at.startsWith(path) ? { status: 204 } : undefined;
  };
  await rig.run('login', '--gateway', gateway.origin);
  gateway.calls.length = 0;
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

let minutes = 0;
const event = (type: string, user: { username?: string; uid?: string }, sallyport: object) => {
  minutes += 1;
  const time = new Date(1_800_000_000_000 + minutes * 60_000).toISOString();
  trail.push({ id: String(minutes), type, time, data: { user, sallyport } });
};
const created = (uid: string, username: string, id: string, name?: string) =>
  event(
    'service_account.created',
    { uid, username },
    { sessionId: id, detail: JSON.stringify({ ...(name === undefined ? {} : { name }), groups: ['ci'] }) },
  );
const seed = () => rig.run('service-account', 'seed-names', '-o', 'json');

describe('sallyport service-account names', () => {
  it('lists the names, and frees one', async () => {
    expect((await rig.run('service-account', 'names')).out).toMatch(/NAME.*\ndeployer +alice .* no/);
    expect((await rig.run('service-account', 'names', '--all', '-o', 'name')).out).toBe('deployer\n');
    const { code, out } = await rig.run('service-account', 'release', 'deployer');
    expect([code, out]).toEqual([0, 'Released deployer. Anyone can have it now.\n']);
    expect(gateway.calls.at(-1)).toBe(`DELETE ${path}/deployer`);
    expect(JSON.parse((await rig.run('service-account', 'release', 'a', 'b', '-o', 'json')).out)).toEqual({
      released: ['a', 'b'],
    });
    gateway.calls.length = 0;
    expect(await rig.run('service-account', 'release', 'a', '../b')).toMatchObject({ code: 2 });
    expect(gateway.calls).toEqual([]);
  });
});

describe('sallyport service-account seed-names', () => {
  it('gives each name to who first had it, by the creation or by what the account did', async () => {
    created(alice, 'alice', 's-1');
    created(bob, 'bob', 's-2', 'deployer');
    event('k8s.request', { username: 'service-account:deployer' }, { sessionId: 's-1' });
    created(bob, 'bob', 's-3');
    event('service_account.expiring', {}, { sessionId: 's-3', detail: 'service-account:report of bob ends at 2026' });
    created(alice, 'alice', 's-4', 'stolen');
    created(alice, 'alice', 's-5');
    const { code, out } = await seed();
    expect([code, JSON.parse(out)]).toEqual([
      0,
      {
        names: [
          { name: 'deployer', outcome: 'given', holder: 'alice', first: 'alice' },
          { name: 'report', outcome: 'given', holder: 'bob', first: 'bob' },
          { name: 'stolen', outcome: 'of-another', holder: 'eve', first: 'alice' },
        ],
        unknown: 1,
      },
    ]);
    expect(asked).toEqual([
      {
        names: [
          { name: 'deployer', uid: alice, user: 'alice' },
          { name: 'report', uid: bob, user: 'bob' },
          { name: 'stolen', uid: alice, user: 'alice' },
        ],
      },
    ]);
  });

  it('leaves out what was released since, and asks in batches', async () => {
    created(alice, 'alice', 's-0', 'deployer');
    event('service_account.name.released', { uid: alice, username: 'alice' }, { detail: '{"name":"deployer"}' });
    for (let n = 1; n <= 26; n += 1) created(alice, 'alice', `s-${n}`, `n-${n}`);
    created(bob, 'bob', 's-27', 'deployer');
    expect((await seed()).code).toBe(0);
    expect(asked.map(({ names }) => names.length)).toEqual([25, 2]);
    expect(asked[1]!.names[1]).toEqual({ name: 'deployer', uid: bob, user: 'bob' });
  });

  it('does nothing for who sees only a part of the trail', async () => {
    created(alice, 'alice', 's-1', 'deployer');
    scope = 'own';
    expect(await seed()).toMatchObject({ code: 5, err: expect.stringContaining('api.policy.audit') });
    expect(asked).toEqual([]);
  });
});
