import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session, SessionChange } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { SessionStore } from '../sessions/session-store.ts';
import { by, exampleSession, freshHash, idleMs, sessionsOf, type SessionStoreBed } from './example-session.ts';

/** Registers the rules for the child sessions of a login. */
export function describeSessionParents(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`sessions with a parent on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const { add, state } = sessionsOf(() => ({ store, replica, clock }));
    const childOf = (parent: { session: Session; tokenHash: string }, changes: Parameters<typeof add>[0] = {}) => ({
      kind: 'agent' as const,
      expiresAt: parent.session.expiresAt,
      idleMs: parent.session.expiresAt - clock.now,
      parent: { id: parent.session.id, hash: parent.tokenHash },
      ...changes,
    });
    const hear = async () => {
      const heard: SessionChange[] = [];
      let gaps = 0;
      replica.onChange((change) => heard.push(change));
      replica.onGap(() => (gaps += 1));
      if (replica !== store) await until(() => gaps > 0);
      return heard;
    };

    it('finds a child with its parent, whose idle end holds for both', async () => {
      const parent = await add();
      const child = await add(childOf(parent));
      const found = {
        state: 'live',
        session: { ...child.session, version: 2 },
        idleEndsAt: child.session.expiresAt,
        parent: { session: parent.session, idleEndsAt: clock.now + idleMs },
      };
      expect(await replica.find([child.tokenHash])).toEqual([found]);
      expect(await replica.find([parent.tokenHash, child.tokenHash])).toMatchObject([{ state: 'live' }, found]);
      expect(await replica.read(child.session.id)).toEqual(found);
      const listed = (await replica.list()).find(({ id }) => id === child.session.id);
      expect(listed).toMatchObject({ kind: 'agent', idleEndsAt: clock.now + idleMs });
      clock.now += idleMs;
      expect(await state(child.tokenHash)).toBe('unknown');
      expect(await replica.read(child.session.id)).toEqual({ state: 'unknown' });
      expect(await replica.list()).toEqual([]);
    });

    it('gives a child the identity that its parent has now', async () => {
      const parent = await add();
      const child = await add(childOf(parent));
      const heard = await hear();
      await store.update(parent.session.id, (one) => ({ ...one, identity: { ...one.identity, groups: ['less'] } }));
      expect(await replica.find([child.tokenHash])).toMatchObject([{ session: { identity: { groups: ['less'] } } }]);
      expect((await replica.list()).map(({ identity }) => identity.groups)).toEqual([['less'], ['less']]);
      await until(() => heard.length > 1);
      expect(heard.map(({ type, sessionId }) => [type, sessionId])).toEqual([
        ['changed', parent.session.id],
        ['changed', child.session.id],
      ]);
    });

    it('ends the children with their parent, and tells every replica of each', async () => {
      const [parent, other] = [await add(), await add()];
      const children = [await add(childOf(parent)), await add(childOf(parent, { kind: 'route' }))];
      const stays = await add(childOf(other));
      const gone = await add(childOf(parent));
      await store.revoke(gone.session.id, by);
      const heard = await hear();
      const ended = await store.revoke(parent.session.id, by);
      expect(ended!.children!.map(({ id }) => id).toSorted()).toEqual(
        children.map(({ session }) => session.id).toSorted(),
      );
      const ids = [parent, ...children].map(({ session }) => session.id);
      // The nodes of a cluster pass messages on among themselves, so that about `gone` may arrive only now.
      const told = () => new Set(heard.map(({ sessionId }) => sessionId).filter((id) => id !== gone.session.id));
      await until(() => told().size >= ids.length);
      expect([...told()].toSorted()).toEqual(ids.toSorted());
      expect(heard.every(({ type }) => type === 'revoked')).toBe(true);
      for (const { session, tokenHash } of children)
        expect(await replica.find([tokenHash])).toEqual([
          {
            state: 'revoked',
            tombstone: { id: session.id, revokedAt: clock.now, by: by.by, reason: 'parent-ended' },
          },
        ]);
      expect(await state(stays.tokenHash)).toBe('live');
      expect(await state(gone.tokenHash)).toBe('revoked');
    });

    it('ends a child alone', async () => {
      const parent = await add();
      const child = await add(childOf(parent));
      expect(await replica.revoke(child.session.id, by)).toMatchObject({ id: child.session.id, kind: 'agent' });
      expect([await state(child.tokenHash), await state(parent.tokenHash)]).toEqual(['revoked', 'live']);
      expect((await store.revoke(parent.session.id, by))!.children).toBeUndefined();
    });

    it('creates no child of a session that is not there, or is not a log-in of that person', async () => {
      const parent = await add();
      const child = await add(childOf(parent));
      const ended = await add();
      await store.revoke(ended.session.id, by);
      const account = await add({ kind: 'service-account' });
      const refused = async (changes: Parameters<typeof exampleSession>[1], code: string) => {
        const [hash, session] = [freshHash(), exampleSession(clock.now, changes)];
        await expect(store.create(hash, session)).rejects.toMatchObject({ code });
        expect(await state(hash)).toBe('unknown');
        expect(await store.read(session.id)).toEqual({ state: 'unknown' });
      };
      await refused(childOf(ended), 'login-expired');
      await refused({ ...childOf(parent), parent: { id: parent.session.id, hash: freshHash() } }, 'login-expired');
      await refused({ ...childOf(parent), parent: { id: 'another', hash: parent.tokenHash } }, 'conflict');
      await refused(childOf(parent, { expiresAt: parent.session.expiresAt + 1 }), 'conflict');
      await refused(childOf(parent, { identity: { subject: 'sub-mallory' } }), 'conflict');
      await refused(childOf(parent, { identity: { issuer: 'https://other.example.com' } }), 'conflict');
      await refused(childOf(account), 'conflict');
      await refused(childOf(child), 'conflict');
    });

    it('leaves no live child when its parent ends while it is created', async () => {
      const heard = await hear();
      for (let round = 0; round < 10; round += 1) {
        const parent = await add();
        const [hash, session] = [freshHash(), exampleSession(clock.now, childOf(parent))];
        const [created] = await Promise.allSettled([
          store.create(hash, session),
          replica.revoke(parent.session.id, by),
        ]);
        expect(await state(hash)).not.toBe('live');
        expect(
          (await replica.list({ issuer: session.identity.issuer, subject: session.identity.subject })).length,
        ).toBe(0);
        // Whoever got the token may have opened a stream, which must be told.
        if (created.status === 'fulfilled') {
          await until(() => heard.some(({ sessionId }) => sessionId === session.id));
          expect(heard.map(({ sessionId }) => sessionId)).toContain(session.id);
        }
      }
    });

    it('changes no parent of a session', async () => {
      const [parent, other] = [await add(), await add()];
      const child = await add(childOf(parent));
      for (const next of [undefined, { id: other.session.id, hash: other.tokenHash }])
        await expect(store.update(child.session.id, (one) => ({ ...one, parent: next }))).rejects.toMatchObject({
          code: 'conflict',
        });
    });
  });
}
