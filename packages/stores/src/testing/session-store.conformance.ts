import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionChange, SessionStart } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { SessionStore } from '../sessions/session-store.ts';
import { by, exampleSession, freshHash, idleMs, sessionsOf, type SessionStoreBed } from './example-session.ts';

/** Registers the rules for every session store. `open` is called before each test. */
export function describeSessionStore(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`a session store on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const { add, state } = sessionsOf(() => ({ store, replica, clock }));

    it('returns a session as it was stored, with its idle end', async () => {
      const { session, tokenHash } = await add({
        identity: { name: 'Алиса ☂', groups: ['a,b', 'c'] },
        clientAddress: '192.0.2.1',
      });
      expect(await replica.find([tokenHash])).toEqual([{ state: 'live', session, idleEndsAt: clock.now + idleMs }]);
    });

    it('answers each hash in order, unknown ones included', async () => {
      const one = await add();
      const two = await add();
      const found = await store.find([two.tokenHash, freshHash(), one.tokenHash, two.tokenHash]);
      expect(found.map((each) => (each.state === 'live' ? each.session.id : each.state))).toEqual([
        two.session.id,
        'unknown',
        one.session.id,
        two.session.id,
      ]);
      expect(await store.find([])).toEqual([]);
    });

    it('refuses a hash that is taken, and keeps its session', async () => {
      const { session, tokenHash } = await add();
      const other = exampleSession(clock.now, { identity: { subject: 'sub-mallory' } });
      await expect(store.create(tokenHash, other)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.find([tokenHash])).toMatchObject([{ session: { id: session.id } }]);
    });

    it('does not end another session by the id of a refused one', async () => {
      const { tokenHash } = await add();
      const other = exampleSession(clock.now);
      await expect(store.create(tokenHash, other)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.revoke(other.id, by)).toBeUndefined();
      expect(await state(tokenHash)).toBe('live');
    });

    it('keeps one session of a workload whose token two replicas present at once, and lists it', async () => {
      const tokenHash = freshHash();
      const session = exampleSession(clock.now, { kind: 'workload', version: 2 });
      const outcomes = await Promise.allSettled([store, replica].map((one) => one.create(tokenHash, session)));
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect((await store.list(session.identity)).map(({ id }) => id)).toEqual([session.id]);
      await store.revoke(session.id, by);
      await expect(replica.create(tokenHash, session)).rejects.toMatchObject({ code: 'conflict' });
      await expect(replica.create(freshHash(), session)).rejects.toMatchObject({ code: 'conflict' });
      expect(await state(tokenHash)).toBe('revoked');
    });

    it('refuses an id that is taken', async () => {
      const { session, tokenHash } = await add();
      const other = freshHash();
      await expect(store.create(other, exampleSession(clock.now, { id: session.id }))).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await state(other)).toBe('unknown');
      expect(await state(tokenHash)).toBe('live');
    });

    it('ends a session that is not used', async () => {
      const { tokenHash } = await add();
      clock.now += idleMs - 1;
      expect(await state(tokenHash)).toBe('live');
      clock.now += 1;
      expect(await state(tokenHash)).toBe('unknown');
    });

    it('keeps a session that is used, until its absolute end', async () => {
      const { session, tokenHash } = await add();
      while (clock.now + idleMs / 2 < session.expiresAt) {
        clock.now += idleMs / 2;
        await replica.renew(tokenHash, session);
        expect(await state(tokenHash)).toBe('live');
      }
      expect(await store.find([tokenHash])).toMatchObject([{ idleEndsAt: session.expiresAt }]);
      clock.now = session.expiresAt;
      expect(await state(tokenHash)).toBe('unknown');
    });

    it('moves the idle end forward only', async () => {
      const { session, tokenHash } = await add();
      clock.now += 1000;
      await store.renew(tokenHash, session);
      clock.now -= 500;
      await store.renew(tokenHash, session);
      expect(await store.find([tokenHash])).toMatchObject([{ idleEndsAt: session.createdAt + 1000 + idleMs }]);
    });

    it('never brings a session back by renewing it', async () => {
      const idle = await add();
      clock.now += idleMs;
      await store.renew(idle.tokenHash, idle.session);
      expect(await state(idle.tokenHash)).toBe('unknown');

      const revoked = await add();
      await store.revoke(revoked.session.id, by);
      await store.renew(revoked.tokenHash, revoked.session);
      expect(await state(revoked.tokenHash)).toBe('revoked');

      const never = freshHash();
      await store.renew(never, exampleSession(clock.now));
      expect(await state(never)).toBe('unknown');
    });

    it('leaves a tombstone for as long as a revoked session could have lived', async () => {
      const { session, tokenHash } = await add();
      clock.now += 1000;
      expect(await store.revoke(session.id, { by: 'bob@example.com', reason: 'revoked' })).toEqual(session);
      const tombstone = { id: session.id, revokedAt: clock.now, by: 'bob@example.com', reason: 'revoked' };
      expect(await replica.find([tokenHash])).toEqual([{ state: 'revoked', tombstone }]);
      clock.now = session.expiresAt - 1;
      expect(await replica.find([tokenHash])).toEqual([{ state: 'revoked', tombstone }]);
    });

    it('revokes a session once, and no unknown or ended one', async () => {
      const { session } = await add();
      const outcomes = await Promise.all([
        store.revoke(session.id, by),
        replica.revoke(session.id, by),
        store.revoke(session.id, by),
      ]);
      expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(1);
      expect(await store.revoke('nobody', by)).toBeUndefined();
      const idle = await add();
      clock.now += idleMs;
      expect(await store.revoke(idle.session.id, by)).toBeUndefined();
    });

    it('does not let a new session take the hash of a revoked one', async () => {
      const { session, tokenHash } = await add();
      await store.revoke(session.id, by);
      await expect(store.create(tokenHash, exampleSession(clock.now))).rejects.toMatchObject({ code: 'conflict' });
      expect(await state(tokenHash)).toBe('revoked');
    });

    it('tells every replica of a revocation', async () => {
      const heard: SessionChange[] = [];
      let gaps = 0;
      const stop = replica.onChange((change) => heard.push(change));
      replica.onGap(() => (gaps += 1));
      if (replica !== store) await until(() => gaps > 0);
      const { session } = await add({ identity: { issuer: 'https://other.example.com', subject: 's' } });
      await store.revoke(session.id, by);
      await until(() => heard.length > 0);
      expect(heard).toEqual([
        { type: 'revoked', sessionId: session.id, issuer: 'https://other.example.com', subject: 's', at: clock.now },
      ]);

      stop();
      const next = await add();
      await store.revoke(next.session.id, by);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(heard).toHaveLength(1);
    });

    it('tells every replica of a new session, which can be found by then', async () => {
      const heard: SessionStart[] = [];
      const stop = replica.onStart((start) => heard.push(start));
      const of = { issuer: 'https://other.example.com', subject: 's' };
      // The first may begin before the replica listens.
      await until(async () => (await add({ identity: of })) && heard.length > 0);
      const { sessionId, ...start } = heard[0]!;
      expect(start).toEqual({ ...of, at: clock.now });
      expect((await replica.list(of)).map(({ id }) => id)).toContain(sessionId);
      stop();
    });

    it('ends a session before it tells listeners', async () => {
      const { session, tokenHash } = await add();
      const seen: Promise<string>[] = [];
      let gaps = 0;
      replica.onGap(() => (gaps += 1));
      replica.onChange(() => seen.push(state(tokenHash)));
      if (replica !== store) await until(() => gaps > 0);
      await store.revoke(session.id, by);
      await until(() => seen.length > 0);
      expect(await Promise.all(seen)).toEqual(['revoked']);
    });

    it('lists the live sessions of one person, by issuer and subject, oldest first', async () => {
      const first = await add();
      clock.now += 1000;
      const second = await add();
      await add({ identity: { subject: 'sub-bob' } });
      await add({ identity: { issuer: 'https://other.example.com' } });
      const gone = await add();
      await store.revoke(gone.session.id, by);
      const alice = { issuer: 'https://idp.example.com', subject: 'sub-alice' };
      expect(await replica.list(alice)).toEqual([
        { ...first.session, idleEndsAt: first.session.createdAt + idleMs },
        { ...second.session, idleEndsAt: second.session.createdAt + idleMs },
      ]);
      expect(await replica.list({ issuer: 'https://idp.example.com\0sub', subject: '-alice' })).toEqual([]);
    });

    it('lists the live sessions of one session at the provider, for one issuer', async () => {
      const first = await add({ sid: 'sid-1' });
      const second = await add({ sid: 'sid-1', identity: { subject: 'sub-bob' } });
      await add({ sid: 'sid-1', identity: { issuer: 'https://other.example.com' } });
      await add({ sid: 'sid-2' });
      await add();
      const of = { issuer: 'https://idp.example.com', sid: 'sid-1' };
      expect((await replica.list(of)).map((one) => one.id).sort()).toEqual(
        [first.session.id, second.session.id].sort(),
      );
      await store.revoke(first.session.id, by);
      expect((await replica.list(of)).map((one) => one.id)).toEqual([second.session.id]);
      expect(await replica.list({ issuer: 'https://idp.example.com', sid: 'sub-alice' })).toEqual([]);
    });

    it('lists all live sessions, and forgets ended ones', async () => {
      const short = await add({ expiresAt: clock.now + 5000 });
      const idle = await add();
      expect((await store.list()).map((one) => one.id)).toEqual([short.session.id, idle.session.id]);
      clock.now += idleMs + 1;
      const fresh = await add();
      expect((await store.list()).map((one) => one.id)).toEqual([fresh.session.id]);
      expect((await store.list()).map((one) => one.id)).toEqual([fresh.session.id]);
    });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });
}
