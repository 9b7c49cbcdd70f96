import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionStore } from '../sessions/session-store.ts';
import { by, freshHash, idleMs, lifetimeMs, sessionsOf, type SessionStoreBed } from './example-session.ts';

/** Registers the rules for recording the first use of a session. */
export function describeSessionUse(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`the use of sessions on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const { add, state } = sessionsOf(() => ({ store, replica, clock }));

    it('knows when a session was first used, and which were never used', async () => {
      const [unused, used, renewed] = [await add(), await add({ idleMs: lifetimeMs }), await add()];
      clock.now += 1000;
      await replica.noteUse(used.tokenHash);
      await store.renew(renewed.tokenHash, renewed.session);
      clock.now += 1000;
      for (const one of [used, renewed]) {
        await store.noteUse(one.tokenHash);
        await replica.renew(one.tokenHash, one.session);
      }
      const at = clock.now - 1000;
      expect(await store.find([unused.tokenHash, used.tokenHash, renewed.tokenHash])).toEqual([
        { state: 'live', session: unused.session, idleEndsAt: unused.session.createdAt + idleMs },
        { state: 'live', session: used.session, idleEndsAt: used.session.expiresAt, usedAt: at },
        { state: 'live', session: renewed.session, idleEndsAt: clock.now + idleMs, usedAt: at },
      ]);
      const listed = new Map(
        (await replica.list({ issuer: unused.session.identity.issuer, subject: unused.session.identity.subject })).map(
          ({ id, usedAt }) => [id, usedAt],
        ),
      );
      expect([unused, used, renewed].map(({ session }) => listed.get(session.id))).toEqual([undefined, at, at]);
      await store.update(used.session.id, (one) => ({ ...one, userAgent: 'another' }));
      expect(await replica.find([used.tokenHash])).toMatchObject([{ usedAt: at }]);
    });

    it('revives no ended session by its use', async () => {
      const [idle, revoked] = [await add(), await add({ idleMs: lifetimeMs })];
      await store.revoke(revoked.session.id, by);
      clock.now += idleMs;
      const never = freshHash();
      for (const hash of [idle.tokenHash, revoked.tokenHash, never]) await store.noteUse(hash);
      expect([await state(idle.tokenHash), await state(revoked.tokenHash), await state(never)]).toEqual([
        'unknown',
        'revoked',
        'unknown',
      ]);
    });
  });
}
