import { beforeEach, describe, expect, it } from '@jest/globals';
import { clockSlackMs } from '../sessions/expired-session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import {
  by,
  exampleSession,
  freshHash,
  idleMs,
  lifetimeMs,
  sessionsOf,
  type SessionStoreBed,
} from './example-session.ts';

const leaseMs = 60_000;

/** Registers the rules for sessions that end by themselves. */
export function describeSessionExpiry(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`sessions that end by themselves on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });
    const { add, state } = sessionsOf(() => ({ store, replica, clock }));
    const pass = (ms: number) => void (clock.now += ms);
    const taken = async (from = replica) =>
      (await from.takeExpired(100, leaseMs)).expired.map(({ session, reason }) => [session.id, reason]);

    it('are taken once by any number of replicas, with who had them, and not before every clock agrees', async () => {
      const { session, tokenHash } = await add({ identity: { claims: { secret: 'x' } } });
      pass(idleMs + clockSlackMs - 1);
      expect([...(await taken()), ...(await taken(store))]).toEqual([]);
      pass(1);
      const answers = await Promise.all([store, replica, store].map((one) => one.takeExpired(100, leaseMs)));
      expect(answers.flatMap(({ expired }) => expired)).toEqual([
        {
          tokenHash,
          session: { ...session, identity: { ...session.identity, claims: {} } },
          reason: 'idle',
          endedAt: session.createdAt + idleMs,
        },
      ]);
      expect(await taken()).toEqual([]);
    });

    it('are taken again after the lease, until they are forgotten', async () => {
      const { session, tokenHash } = await add();
      pass(idleMs + clockSlackMs);
      expect(await taken(store)).toEqual([[session.id, 'idle']]);
      pass(leaseMs);
      expect(await taken()).toEqual([[session.id, 'idle']]);
      await replica.forgetExpired(tokenHash);
      pass(leaseMs);
      expect([...(await taken()), ...(await taken(store))]).toEqual([]);
    });

    it('end with their lifetime, however much they are used', async () => {
      const { session, tokenHash } = await add();
      while (clock.now + idleMs / 2 < session.expiresAt) {
        pass(idleMs / 2);
        await replica.renew(tokenHash, session);
        expect(await taken()).toEqual([]);
      }
      clock.now = session.expiresAt + clockSlackMs;
      expect((await replica.takeExpired(1, leaseMs)).expired).toMatchObject([
        { reason: 'lifetime', endedAt: session.expiresAt, session: { id: session.id } },
      ]);
    });

    it('have not ended if they were used at the last moment', async () => {
      const { session, tokenHash } = await add();
      pass(idleMs - 1);
      await replica.renew(tokenHash, session);
      pass(1 + clockSlackMs);
      expect(await taken(store)).toEqual([]);
      expect(await state(tokenHash)).toBe('live');
      pass(idleMs - 1 - clockSlackMs);
      expect(await taken()).toEqual([]);
      pass(clockSlackMs);
      expect((await replica.takeExpired(1, leaseMs)).expired).toMatchObject([
        { reason: 'idle', endedAt: session.createdAt + idleMs - 1 + idleMs },
      ]);
    });

    it('cannot be used any more once they are taken, also by who has a slow clock', async () => {
      const { session, tokenHash } = await add();
      pass(idleMs + clockSlackMs);
      expect(await taken()).toHaveLength(1);
      clock.now = session.createdAt + 1;
      await store.renew(tokenHash, session);
      await store.noteUse(tokenHash);
      expect(await state(tokenHash)).toBe('unknown');
      expect(await store.revoke(session.id, by)).toBeUndefined();
    });

    it('do not include revoked ones, nor those that could not begin', async () => {
      const [one, other] = [await add(), await add()];
      await store.revoke(one.session.id, by);
      await expect(store.create(other.tokenHash, exampleSession(clock.now))).rejects.toThrow();
      await expect(store.create(freshHash(), other.session)).rejects.toThrow();
      pass(idleMs + clockSlackMs);
      expect(await taken()).toEqual([[other.session.id, 'idle']]);
      pass(lifetimeMs);
      await store.forgetExpired(other.tokenHash);
      expect(await taken()).toEqual([]);
    });

    it('have the identity that they had last', async () => {
      const { session, tokenHash } = await add();
      await store.update(session.id, (one) => ({ ...one, identity: { ...one.identity, groups: ['less'] } }));
      pass(idleMs + clockSlackMs);
      expect((await replica.takeExpired(1, leaseMs)).expired).toMatchObject([
        { tokenHash, session: { identity: { groups: ['less'], claims: {} } } },
      ]);
    });

    it('are taken in parts', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push((await add()).session.id);
      pass(idleMs + clockSlackMs);
      const parts: string[][] = [];
      for (let more = true; more;) {
        const part = await replica.takeExpired(2, leaseMs);
        parts.push(part.expired.map(({ session }) => session.id));
        more = part.more;
      }
      expect(parts.map(({ length }) => length)).toEqual([2, 2, 1]);
      expect(parts.flat().toSorted()).toEqual(ids.toSorted());
    });

    it('are not known for longer than a day', async () => {
      await add();
      pass(idleMs + 2 * 86_400_000);
      expect(await taken()).toEqual([]);
    });

    describe('with a parent', () => {
      const childOf = (parent: Awaited<ReturnType<typeof add>>, changes: Parameters<typeof add>[0] = {}) =>
        add({
          kind: 'agent',
          expiresAt: parent.session.expiresAt,
          idleMs: lifetimeMs,
          parent: { id: parent.session.id, hash: parent.tokenHash },
          ...changes,
        });

      it('end with it', async () => {
        const parent = await add();
        const child = await childOf(parent);
        pass(idleMs + clockSlackMs);
        const found = [...(await taken()), ...(await taken(store))];
        expect(new Map(found as [string, string][])).toEqual(
          new Map([
            [parent.session.id, 'idle'],
            [child.session.id, 'parent-ended'],
          ]),
        );
        await Promise.all([parent, child].map(({ tokenHash }) => store.forgetExpired(tokenHash)));
        pass(lifetimeMs);
        expect(await taken()).toEqual([]);
      });

      it('are taken again as they were, so that their events say the same', async () => {
        await childOf(await add());
        pass(idleMs + clockSlackMs);
        const { expired } = await store.takeExpired(100, leaseMs);
        pass(leaseMs);
        expect((await replica.takeExpired(100, leaseMs)).expired).toEqual(expect.arrayContaining(expired));
        expect(expired.map(({ reason }) => reason)).toContain('parent-ended');
      });

      it('go on while it is used, and end on their own', async () => {
        const parent = await add();
        const child = await childOf(parent, { expiresAt: clock.now + idleMs + 1000, idleMs: lifetimeMs });
        pass(idleMs - 1);
        await store.renew(parent.tokenHash, parent.session);
        pass(1 + clockSlackMs - 1);
        expect(await taken()).toEqual([]);
        pass(1001);
        expect(await taken()).toEqual([[child.session.id, 'lifetime']]);
        expect(await state(parent.tokenHash)).toBe('live');
      });

      it('are not among them if it was revoked', async () => {
        const parent = await add();
        await childOf(parent);
        await store.revoke(parent.session.id, by);
        pass(lifetimeMs + clockSlackMs);
        expect(await taken()).toEqual([]);
      });
    });
  });
}
