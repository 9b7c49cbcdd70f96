import { describe, expect, it } from '@jest/globals';
import { createMemoryProviderTokenStore } from '../provider-tokens/provider-token-store.ts';
import { createMemorySingleUseStore } from '../single-use/single-use-store.ts';
import { exampleSession } from '../testing/example-session.ts';
import { describeProviderTokenStore } from '../testing/provider-token-store.conformance.ts';
import { describeRightsEnds } from '../testing/rights-ends.conformance.ts';
import { describeSessionExpiry } from '../testing/session-expiry.conformance.ts';
import { describeSessionParents } from '../testing/session-parents.conformance.ts';
import { describeSessionStore } from '../testing/session-store.conformance.ts';
import { describeSessionUpdates } from '../testing/session-updates.conformance.ts';
import { describeSessionUse } from '../testing/session-use.conformance.ts';
import { describeSingleUseStore } from '../testing/single-use-store.conformance.ts';
import { createMemorySessionStore } from './create-memory-session-store.ts';

const openSessions = async () => {
  const clock = { now: 1_800_000_000_000 };
  const store = createMemorySessionStore({ now: () => clock.now });
  return { store, replica: store, clock };
};
describeSessionStore('memory', openSessions);
describeSessionUpdates('memory', openSessions);
describeSessionUse('memory', openSessions);
describeRightsEnds('memory', openSessions);
describeSessionExpiry('memory', openSessions);
describeSessionParents('memory', openSessions);

describeProviderTokenStore('memory', async () => {
  const clock = { now: 1_800_000_000_000 };
  const store = createMemoryProviderTokenStore({ now: () => clock.now });
  return { store, replica: store, clock };
});

describeSingleUseStore('memory', async () => {
  const clock = { now: 1_800_000_000_000 };
  return { store: createMemorySingleUseStore({ now: () => clock.now }), pass: async (ms) => void (clock.now += ms) };
});

describe('stores in memory are bounded', () => {
  it('refuses a session when full, and has room again after others ended', async () => {
    const clock = { now: 1_800_000_000_000 };
    const store = createMemorySessionStore({ now: () => clock.now, max: 3 });
    for (const hash of ['a', 'b', 'c']) await store.create(hash, exampleSession(clock.now));
    await expect(store.create('d', exampleSession(clock.now))).rejects.toMatchObject({ code: 'sessions-unavailable' });
    clock.now += 600_000;
    await expect(store.create('d', exampleSession(clock.now))).resolves.toBeUndefined();
    expect(await store.list()).toHaveLength(1);
  });

  it('drops tombstones, the oldest first, before it refuses a new session', async () => {
    const store = createMemorySessionStore({ now: () => 0, max: 20 });
    await store.create('alice', exampleSession(0));
    const ids: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      const session = exampleSession(0);
      ids.push(session.id);
      await store.create(`bob ${n}`, session);
      await store.revoke(session.id, { by: 'bob', reason: 'limit' });
    }
    expect(await store.find(['alice', 'bob 0', 'bob 199'])).toMatchObject([
      { state: 'live' },
      { state: 'unknown' },
      { state: 'revoked' },
    ]);
    expect(await store.read(ids[0]!)).toEqual({ state: 'unknown' });
    for (let n = 0; n < 19; n += 1) await store.create(`carol ${n}`, exampleSession(0));
    await expect(store.create('carol', exampleSession(0))).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(await store.list()).toHaveLength(20);
  });

  it('drops the oldest value of a kind and leaves the other kinds alone', async () => {
    const store = createMemorySingleUseStore({ now: () => 0, maxPerKind: 10 });
    await store.put('code', 'c', 1, 1000);
    for (let n = 0; n < 100; n += 1) await store.put('login', `s${n}`, n, 1000);
    const left = await Promise.all(Array.from({ length: 100 }, (_, n) => store.take('login', `s${n}`)));
    expect(left.filter((value) => value !== undefined)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(await store.take('code', 'c')).toBe(1);
  });

  it('returns copies: changes by a caller do not reach the store', async () => {
    const store = createMemorySessionStore({ now: () => 0 });
    const session = exampleSession(0);
    await store.create('a', session);
    session.identity.groups.push('admins');
    const [first] = await store.find(['a']);
    if (first?.state === 'live') first.session.identity.groups.push('admins');
    expect(await store.find(['a'])).toMatchObject([{ session: { identity: { groups: ['developers'] } } }]);
  });
});
