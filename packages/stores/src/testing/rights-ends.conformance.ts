import { beforeEach, describe, expect, it } from '@jest/globals';
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
