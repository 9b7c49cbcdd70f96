import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session, SessionChange } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { SessionStore } from '../sessions/session-store.ts';
import { by, idleMs, sessionsOf, type SessionStoreBed } from './example-session.ts';

/** Registers the rules for looking up sessions by id and changing them. */
export function describeSessionUpdates(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`changes of sessions on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const { add, state } = sessionsOf(() => ({ store, replica, clock }));

    it('looks up a session by its id', async () => {
      const { session } = await add();
      expect(await replica.read(session.id)).toEqual({ state: 'live', session, idleEndsAt: clock.now + idleMs });
      await store.revoke(session.id, by);
      expect((await replica.read(session.id)).state).toBe('revoked');
      expect(await replica.read('nobody')).toEqual({ state: 'unknown' });
      const idle = await add();
      clock.now += idleMs;
      expect(await replica.read(idle.session.id)).toEqual({ state: 'unknown' });
    });

    it('returns the changed session from the next look-up on, and keeps its ends', async () => {
      const { session, tokenHash } = await add();
      clock.now += 1000;
      const changed = await store.update(session.id, (one) => ({
        ...one,
        identity: { ...one.identity, groups: ['sre'] },
      }));
      expect(changed).toEqual({ ...session, identity: { ...session.identity, groups: ['sre'] } });
      expect(await replica.find([tokenHash])).toEqual([
        { state: 'live', session: changed, idleEndsAt: session.createdAt + idleMs },
      ]);
      expect(await replica.list({ issuer: session.identity.issuer, subject: session.identity.subject })).toMatchObject([
        { identity: { groups: ['sre'] } },
      ]);
      clock.now = session.createdAt + idleMs;
      expect(await state(tokenHash)).toBe('unknown');
    });

    it('loses no concurrent change', async () => {
      const { session } = await add();
      const join =
        (group: string) =>
        (one: Session): Session => ({ ...one, identity: { ...one.identity, groups: [...one.identity.groups, group] } });
      const names = ['a', 'b', 'c', 'd', 'e'];
      await Promise.all(names.map((name, place) => (place % 2 === 0 ? store : replica).update(session.id, join(name))));
      const found = await store.read(session.id);
      expect(found.state === 'live' && found.session.identity.groups.toSorted()).toEqual(
        [...names, 'developers'].toSorted(),
      );
    });

    it('refuses to change the person of a session, or to extend it', async () => {
      const { session, tokenHash } = await add({ sid: 'sid-1' });
      const person = (changes: Partial<Session['identity']>): Partial<Session> => ({
        identity: { ...session.identity, ...changes },
      });
      for (const change of [
        person({ subject: 'sub-mallory' }),
        person({ issuer: 'https://other.example.com' }),
        { id: 'x' },
        { expiresAt: session.expiresAt + 1 },
        { idleMs: idleMs + 1 },
        { kind: 'browser' as const },
        { createdAt: 0 },
        { sid: 'sid-2' },
        { sid: undefined },
      ]) {
        await expect(store.update(session.id, (one) => ({ ...one, ...change }))).rejects.toMatchObject({
          code: 'conflict',
        });
      }
      expect(await replica.find([tokenHash])).toMatchObject([{ session }]);
    });

    it('changes no ended session, and revives none', async () => {
      const rename = (one: Session): Session => ({ ...one, identity: { ...one.identity, user: 'x' } });
      const revoked = await add();
      await store.revoke(revoked.session.id, by);
      expect(await store.update(revoked.session.id, rename)).toBeUndefined();
      expect(await state(revoked.tokenHash)).toBe('revoked');
      const idle = await add();
      clock.now += idleMs;
      expect(await store.update(idle.session.id, rename)).toBeUndefined();
      expect(await state(idle.tokenHash)).toBe('unknown');
      expect(await store.update('nobody', rename)).toBeUndefined();
      const racing = await add();
      await store.update(racing.session.id, rename);
      await Promise.all([
        store.revoke(racing.session.id, by),
        replica.update(racing.session.id, (one) => ({ ...one, userAgent: 'y' })),
      ]);
      expect(await state(racing.tokenHash)).toBe('revoked');
    });

    it('tells every replica of a change after it is visible, and only if something changed', async () => {
      const heard: SessionChange[] = [];
      const seen: Promise<string>[] = [];
      let gaps = 0;
      const { session, tokenHash } = await add();
      replica.onGap(() => (gaps += 1));
      replica.onChange((change) => {
        heard.push(change);
        seen.push(
          replica.find([tokenHash]).then(([one]) => (one?.state === 'live' ? one.session.identity.user : 'gone')),
        );
      });
      if (replica !== store) await until(() => gaps > 0);
      expect(await store.update(session.id, (one) => ({ ...one }))).toEqual(session);
      await store.update(session.id, (one) => ({ ...one, identity: { ...one.identity, user: 'alice' } }));
      await until(() => heard.length > 0);
      expect(heard).toEqual([
        {
          type: 'changed',
          sessionId: session.id,
          issuer: session.identity.issuer,
          subject: session.identity.subject,
          at: clock.now,
        },
      ]);
      expect(await Promise.all(seen)).toEqual(['alice']);
    });
  });
}
