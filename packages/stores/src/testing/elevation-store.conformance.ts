import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Elevation } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { ElevationStore } from '../elevations/elevation-store.ts';

type Stores = { store: ElevationStore; replica: ElevationStore };

let made = 0;
/** Returns a pending elevation with an id of its own. */
export function exampleElevation(more: Partial<Elevation> = {}): Elevation {
  made += 1;
  const at = Date.now() + made;
  return {
    format: 1,
    revision: 1,
    id: `e${made}-${Math.random()}`,
    name: 'prod-admin',
    cluster: 'prod',
    groups: ['prod-admins'],
    requester: { issuer: 'https://idp.example.com', subject: `s${made}-${Math.random()}`, user: 'alice' },
    durationMs: 60_000,
    approvalsNeeded: 1,
    whenAuditUnavailable: 'refuse',
    createdAt: at,
    changedAt: at,
    pendingUntil: at + 60_000,
    state: 'pending',
    approvals: [],
    announced: false,
    events: 0,
    unrecorded: [],
    ...more,
  };
}
const next = (elevation: Elevation, more: Partial<Elevation> = {}): Elevation => ({
  ...elevation,
  ...more,
  revision: elevation.revision + 1,
});

/** Registers the rules for every store of elevations. `replica` is the same store as another process sees it. */
export function describeElevationStore(backend: string, open: () => Promise<Stores>): void {
  describe(`a store of elevations on ${backend}`, () => {
    let store: ElevationStore;
    let replica: ElevationStore;
    beforeEach(async () => {
      ({ store, replica } = await open());
    });

    it('returns what was stored, to every replica', async () => {
      const one = exampleElevation({ namespace: 'shop', reason: 'ä "quoted"\n' });
      await store.create(one, 5);
      expect(await replica.read(one.id)).toEqual(one);
      expect(await replica.readAll(['none', one.id])).toEqual([one]);
      expect(await store.read('none')).toBeUndefined();
      await expect(replica.create(one, 5)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('lets only one of several writers replace a revision', async () => {
      const one = exampleElevation();
      await store.create(one, 5);
      const wanted = Array.from({ length: 20 }, (_none, index) => next(one, { reason: `writer ${index}` }));
      const done = await Promise.all(
        wanted.map((elevation, index) => (index % 2 ? store : replica).replace(elevation, 7)),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await store.read(one.id)).toEqual(wanted[done.indexOf(true)]);
      expect(await replica.replace(next(one), 7)).toBe(false);
      expect(await replica.replace(next(exampleElevation()), 7)).toBe(false);
    });

    it('lists what is due, the earliest first, until there is no next step', async () => {
      const [early, late, never] = [exampleElevation(), exampleElevation(), exampleElevation()];
      await store.create(late, 2000.5);
      await store.create(early, 1000);
      await store.create(never, 3000);
      expect(await replica.due(999, 10)).not.toContain(early.id);
      expect((await replica.due(2500, 1000)).filter((id) => [early.id, late.id].includes(id))).toEqual([
        early.id,
        late.id,
      ]);
      await replica.replace(next(never, { state: 'withdrawn' }), undefined);
      const open = (await store.open()).map(({ id }) => id);
      expect(open).toEqual(expect.arrayContaining([early.id, late.id]));
      expect(open).not.toContain(never.id);
      expect(await store.read(never.id)).toMatchObject({ state: 'withdrawn' });
      await store.touch(early, undefined);
      expect(await replica.due(5000, 1000)).not.toContain(early.id);
    });

    it('holds a person, and events, for one replica at a time', async () => {
      const [alice, bob] = [exampleElevation().requester, exampleElevation().requester];
      const asked = Array.from({ length: 10 }, (_none, index) => (index % 2 ? store : replica).hold(alice, 60_000));
      const releases = (await Promise.all(asked)).filter((release) => release !== undefined);
      expect(releases).toHaveLength(1);
      const other = await store.hold(bob, 60_000);
      expect(other).toBeDefined();
      expect(await replica.hold({ eventsOf: alice.subject }, 60_000)).toBeDefined();
      expect(await store.hold({ eventsOf: alice.subject }, 60_000)).toBeUndefined();
      await releases[0]!();
      expect(await store.hold(bob, 60_000)).toBeUndefined();
      expect(await replica.hold(alice, 60_000)).toBeDefined();
    });

    it('ends a hold by itself, and its release is then without effect on another', async () => {
      const person = exampleElevation().requester;
      const late = await store.hold(person, 50);
      expect(await replica.hold(person, 60_000)).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 150));
      const release = await replica.hold(person, 60_000);
      expect(release).toBeDefined();
      await late!();
      expect(await store.hold(person, 60_000)).toBeUndefined();
      await release!();
      expect(await store.hold(person, 60_000)).toBeDefined();
    });

    it('lists by person and for everyone, the newest first', async () => {
      const person = exampleElevation().requester;
      const own = [exampleElevation({ requester: person }), exampleElevation({ requester: person })];
      for (const one of own) await store.create(one, 5);
      const other = exampleElevation();
      await store.create(other, 5);
      expect(await replica.ofPerson(person, 10)).toEqual(own.toReversed());
      expect(await replica.ofPerson(person, 1)).toEqual([own[1]]);
      expect((await replica.latest(3)).map(({ id }) => id)).toEqual([other.id, own[1]!.id, own[0]!.id]);
    });

    it('tells every replica what has changed since a position', async () => {
      let heard = 0;
      const stop = replica.onChange(() => void (heard += 1));
      const { position } = await replica.changesSince(0);
      const one = exampleElevation();
      await store.create(one, 5);
      await store.replace(next(one), 6);
      expect(await replica.changesSince(position)).toEqual({ position: position + 2, ids: [one.id, one.id] });
      expect(await replica.changesSince(position + 2)).toEqual({ position: position + 2, ids: [] });
      await until(() => heard > 0);
      stop();
    });

    it('says that everything must be read again if a position is unknown to it', async () => {
      const { position } = await store.changesSince(0);
      expect(await store.changesSince(position + 1000)).toEqual({ position, ids: undefined });
    });

    it('says so too if more has changed than the log keeps', async () => {
      const one = exampleElevation();
      await store.create(one, 5);
      const { position } = await store.changesSince(0);
      for (let round = 0; round < 90; round += 1)
        await Promise.all(Array.from({ length: 50 }, () => store.touch(one, 5)));
      expect(await replica.changesSince(position)).toEqual({ position: position + 4500, ids: undefined });
    });
  });
}
