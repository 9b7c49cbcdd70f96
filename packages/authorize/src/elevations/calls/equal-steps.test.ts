import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rigs: ElevationRig[];
let store: ElevationStore;
let [alice, bob]: string[][] = [];
beforeEach(async () => {
  let offset = 0;
  const now = () => Date.now() + offset;
  store = createMemoryElevationStore({ now });
  rigs = await Promise.all([1, 2].map(() => startElevationRig({ store })));
  for (const rig of rigs) {
    // As Kafka does.
    rig.log.tookMs = 20;
    const { advance } = rig;
    rig.advance = (ms) => {
      offset += ms;
      for (const one of rigs) if (one !== rig) one.advance = () => undefined;
      advance(ms);
    };
  }
  alice = await Promise.all(rigs.map((rig) => rig.logInAs('alice', 'developers')));
  bob = await Promise.all(rigs.map((rig) => rig.logInAs('bob', 'sre')));
});
afterEach(async () => {
  await Promise.all(rigs.map((rig) => rig.close()));
});

/** Runs a step five times at once on each of two replicas. */
const atOnce = <T>(step: (rig: ElevationRig, replica: number) => Promise<T>) =>
  Promise.all(rigs.flatMap((rig, replica) => Array.from({ length: 5 }, () => step(rig, replica))));
const published = (): AuditRecord[] => rigs.flatMap((rig) => rig.published);
/** The types of what the two replicas have published. Either of them may have published any. */
const types = () =>
  published()
    .map(({ type }) => type)
    .toSorted();

describe('equal steps at once, on two replicas', () => {
  it('are each published once', async () => {
    const asked = await atOnce((rig, replica) => rig.request(alice![replica]!));
    const { id } = asked[0]!;
    expect(new Set(asked.map((one) => one.id)).size).toBe(1);
    expect(types()).toEqual(['elevation.requested']);
    const approved = await atOnce((rig, replica) => rig.view(bob![replica]!, { action: 'approve', id, asked: {} }));
    expect(new Set(approved.map(({ state }) => state))).toEqual(new Set(['active']));
    expect(types()).toEqual(['elevation.activated', 'elevation.approved', 'elevation.requested']);
    await atOnce((rig, replica) => rig.decide(alice![replica]!, 'revoke', id));
    const all = ['elevation.activated', 'elevation.approved', 'elevation.requested', 'elevation.revoked'];
    expect(types()).toEqual(all);
  });

  it('are each published once when they are withdrawn', async () => {
    const { id } = await rigs[0]!.request(alice![0]!);
    const answers = await atOnce((rig, replica) => rig.decide(alice![replica]!, 'withdraw', id));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(types()).toEqual(['elevation.requested', 'elevation.withdrawn']);
  });

  it('wait for the replica that records them, and take over if it has died', async () => {
    const [first, second] = rigs as [ElevationRig, ElevationRig];
    first.log.away = true;
    const { status } = await first.elevation(alice![0]!, { action: 'request', asked: first.asked });
    expect(status).toBe(503);
    const { id } = (await store.latest(1))[0]!;
    // The first replica may still deliver the event.
    expect(await second.decide(bob![1]!, 'approve', id)).toMatchObject({
      status: 503,
      body: { code: 'audit-unavailable' },
    });
    expect(published()).toEqual([]);
    await first.close();
    second.advance(10_001);
    expect(await second.view(bob![1]!, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'active' });
    expect(types()).toEqual(['elevation.activated', 'elevation.approved', 'elevation.requested']);
  });
});

it('an event says the same whenever it is published', async () => {
  const [rig] = rigs as [ElevationRig, ElevationRig];
  rig.log.away = true;
  await rig.elevation(alice![0]!, { action: 'request', asked: rig.asked });
  const { id, createdAt } = (await store.latest(1))[0]!;
  rig.advance(3000);
  await rig.decide(bob![0]!, 'approve', id);
  rig.log.away = false;
  await until(() => published().length >= 3);
  const [requested, approved] = published();
  expect(requested).toMatchObject({
    type: 'elevation.requested',
    data: { sallyport: { elevation: { approvers: [] } } },
  });
  expect(requested!.data.sallyport.elevation).not.toHaveProperty('expiresAt', expect.anything());
  expect(Date.parse(requested!.time)).toBe(createdAt);
  expect(Date.parse(approved!.time)).toBeGreaterThanOrEqual(createdAt + 3000);
});
