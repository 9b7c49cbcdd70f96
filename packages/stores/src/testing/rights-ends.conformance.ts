import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RightsEnd } from '@sallyport/contracts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SessionStoreBed } from './example-session.ts';

/** Registers the rules for the log of ended rights. */
export function describeRightsEnds(backend: string, open: () => Promise<SessionStoreBed>): void {
  describe(`ended rights on ${backend}`, () => {
    let store: SessionStore;
    let replica: SessionStore;
    let clock: { now: number };
    beforeEach(async () => {
      ({ store, replica, clock } = await open());
    });

    it('are read by every replica, in order, with their times', async () => {
      const { position: before } = await replica.rightsEnded();
      const person = { issuer: 'https://idp.example.com', subject: 'sub-alice' };
      await store.endRights(person, 'deactivated');
      clock.now += 1000;
      await replica.endRights({ source: 'scim', key: 'email:alice@example.com' }, 'deactivated');
      await store.endRights({ user: 'alice@example.com' }, 'revoked');
      await store.endRights('everybody', 'revoked');
      const { ends, position } = await replica.rightsEnded(before);
      expect(ends).toEqual([
        { of: person, reason: 'deactivated', at: clock.now - 1000 },
        { of: { source: 'scim', key: 'email:alice@example.com' }, reason: 'deactivated', at: clock.now },
        { of: { user: 'alice@example.com' }, reason: 'revoked', at: clock.now },
        { of: 'everybody', reason: 'revoked', at: clock.now },
      ]);
      expect((await store.rightsEnded()).ends.slice(-4)).toEqual(ends);
      expect(await store.rightsEnded(position)).toEqual({ position, ends: [] });
    });

    /** Reads everything after a position, and returns what each call has listed. */
    const readParts = async (from?: string) => {
      const parts: RightsEnd[][] = [];
      for (let position = from; ;) {
        const read = await store.rightsEnded(position);
        if (read.position === position) return { position, parts };
        ({ position } = read);
        parts.push(read.ends);
      }
    };

    it('are read in parts, of which each goes on where the one before has ended', async () => {
      const { position } = await readParts();
      const users = Array.from({ length: 2300 }, (_, index) => `user-${index}`);
      for (let from = 0; from < users.length; from += 100)
        await Promise.all(users.slice(from, from + 100).map((user) => replica.endRights({ user }, 'revoked')));
      const { parts } = await readParts(position);
      expect(parts.map(({ length }) => length)).toEqual([1000, 1000, 300]);
      const read = parts.flat().map(({ of }) => (of as { user: string }).user);
      expect(read.toSorted()).toEqual(users.toSorted());
    });

    it('that are added after a position are not missed, and none is read twice', async () => {
      let { position } = await store.rightsEnded();
      for (const user of ['a', 'b', 'c']) {
        await replica.endRights({ user }, 'revoked');
        const read = await store.rightsEnded(position);
        expect(read.ends).toMatchObject([{ of: { user } }]);
        ({ position } = read);
      }
    });
  });
}
