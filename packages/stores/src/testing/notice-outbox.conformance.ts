import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aboutIdOf, type Elevation, type Notice, type ServiceAccountNotice } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { ElevationStore } from '../elevations/elevation-store.ts';
import { newDelivery, type NoticeOutbox } from '../notices/notice-outbox.ts';
import { exampleElevation } from './elevation-store.conformance.ts';

const leaseMs = 60_000;

/** Returns a notice of an elevation for some channels. */
function exampleNotice(elevation: Elevation, number: number, ...channels: string[]): Notice {
  const { id, name, cluster, groups, state, durationMs, pendingUntil, approvalsNeeded } = elevation;
  return {
    id: `${id}/${number}`,
    number,
    type: 'elevation.requested',
    at: 1000 + number,
    channels,
    elevation: {
      id,
      name,
      cluster,
      groups,
      user: elevation.requester.user,
      state,
      durationMs,
      pendingUntil,
      approvalsNeeded,
      approvers: [],
    },
  };
}

/** Registers the rules for every outbox. `replica` is the same store as another process sees it. */
export function describeNoticeOutbox(
  backend: string,
  open: () => Promise<{ store: ElevationStore; replica: ElevationStore }>,
): void {
  describe(`an outbox of notices on ${backend}`, () => {
    let store: ElevationStore;
    let [one, other]: NoticeOutbox[] = [];
    beforeEach(async () => {
      const opened = await open();
      store = opened.store;
      [one, other] = [opened.store.notices, opened.replica.notices];
    });
    const stored = async (...channels: string[]) => {
      const elevation = exampleElevation();
      await store.create(elevation, 5, [exampleNotice(elevation, 1, ...channels)]);
      return elevation;
    };

    it('has what was written with a step, for its channels alone, in order', async () => {
      const elevation = await stored('ops', 'chat');
      const second = exampleNotice(elevation, 2, 'ops');
      expect(await store.replace({ ...elevation, revision: 2 }, 5, [second])).toBe(true);
      expect(await other!.read('ops', elevation.id)).toEqual({
        notices: [exampleNotice(elevation, 1, 'ops', 'chat'), second],
        delivery: newDelivery,
        version: '',
      });
      expect(await one!.take('mail', leaseMs, 10)).toEqual([]);
      expect(await one!.take('chat', leaseMs, 10)).toMatchObject([{ aboutId: elevation.id }]);
      expect(await other!.read('ops', 'none')).toBeUndefined();
      expect((await store.read(elevation.id))!.revision).toBe(2);
    });

    it('does not have what belongs to a step that was not taken', async () => {
      const elevation = await stored('ops');
      await store.replace({ ...elevation, revision: 2 }, 5, [exampleNotice(elevation, 2, 'ops')]);
      expect(await store.replace({ ...elevation, revision: 2 }, 5, [exampleNotice(elevation, 3, 'ops')])).toBe(false);
      expect((await one!.read('ops', elevation.id))!.notices.map(({ number }) => number)).toEqual([1, 2]);
    });

    it('gives an elevation to one replica at a time, whatever comes meanwhile', async () => {
      const elevation = await stored('ops');
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_none, index) => (index % 2 ? one! : other!).take('ops', leaseMs, 10)),
      );
      expect(taken.flat()).toHaveLength(1);
      await store.replace({ ...elevation, revision: 2 }, 5, [exampleNotice(elevation, 2, 'ops')]);
      expect(await other!.take('ops', leaseMs, 10)).toEqual([]);
      expect(await one!.queued('ops', 10)).toMatchObject({
        queued: expect.arrayContaining([{ aboutId: elevation.id, leased: true }]),
      });
      // The step that came under the lease is looked at after it.
      await one!.release('ops', taken.flat()[0]!, undefined);
      const [again] = await other!.take('ops', leaseMs, 10);
      expect(again).toMatchObject({ aboutId: elevation.id });
      await other!.release('ops', again!, undefined);
      expect(await one!.queued('ops', 10)).toEqual({ total: 0, queued: [] });
    });

    it('gives an elevation to another replica when the lease is over, and ignores the first one from then on', async () => {
      const elevation = await stored('ops');
      const [dead] = await one!.take('ops', 100, 10);
      expect(await other!.take('ops', leaseMs, 10)).toEqual([]);
      let next: Awaited<ReturnType<NoticeOutbox['take']>> = [];
      await until(async () => (next = await other!.take('ops', leaseMs, 10)).length > 0);
      expect(next).toMatchObject([{ aboutId: elevation.id }]);
      await one!.release('ops', dead!, 0);
      expect(await one!.take('ops', leaseMs, 10)).toEqual([]);
    });

    it('gives an elevation again after the pause that was asked for, the longest waiting first', async () => {
      const [early, late] = [await stored('ops'), await stored('ops')];
      const taken = await one!.take('ops', leaseMs, 10);
      expect(new Set(taken.map(({ aboutId }) => aboutId))).toEqual(new Set([early.id, late.id]));
      for (const leased of taken) await one!.release('ops', leased, leased.aboutId === late.id ? 250 : 100);
      expect(await other!.take('ops', leaseMs, 10)).toEqual([]);
      const order: string[] = [];
      await until(async () => {
        order.push(...(await other!.take('ops', leaseMs, 1)).map(({ aboutId }) => aboutId));
        return order.length === 2;
      });
      expect(order).toEqual([early.id, late.id]);
    });

    it('lets only one of several replicas mark what it has sent', async () => {
      const { id } = await stored('ops');
      const { version } = (await one!.read('ops', id))!;
      const next = { ...newDelivery, done: 1 };
      const marks = await Promise.all([one!.mark('ops', id, version, next), other!.mark('ops', id, version, next)]);
      expect(marks.filter(Boolean)).toHaveLength(1);
      const after = (await other!.read('ops', id))!;
      expect(after.delivery).toEqual(next);
      expect((await other!.read('chat', id))!.delivery).toEqual(newDelivery);
      expect(await one!.mark('ops', id, after.version, { ...next, done: 2 })).toBe(true);
      expect(await one!.mark('ops', 'none', '', next)).toBe(false);
      expect(await store.read('none')).toBeUndefined();
    });

    it('lists what was given up, until it is sent after all', async () => {
      const { id } = await stored('ops');
      const given = {
        ...newDelivery,
        done: 1,
        failed: [{ number: 1, at: Date.now(), tries: 3, reason: 'it answered 500' }],
      };
      await one!.mark('ops', id, '', given);
      expect(await other!.failed(1000)).toContainEqual({ channel: 'ops', aboutId: id });
      const { version } = (await other!.read('ops', id))!;
      await other!.mark('ops', id, version, { ...given, failed: [] });
      expect(await one!.failed(1000)).not.toContainEqual({ channel: 'ops', aboutId: id });
    });

    it('wakes an elevation at once, even while its channel pauses', async () => {
      const { id } = await stored('ops');
      const [leased] = await one!.take('ops', leaseMs, 10);
      await one!.release('ops', leased!, 60_000);
      expect(await other!.take('ops', leaseMs, 10)).toEqual([]);
      expect(await other!.wake('ops', id)).toBe(true);
      expect(await one!.take('ops', leaseMs, 10)).toMatchObject([{ aboutId: id }]);
    });

    it('has what is told about a service account, once, until its time is over', async () => {
      const notice = (number: number): ServiceAccountNotice => ({
        id: `event-${number}`,
        number,
        type: 'service_account.expiring',
        at: 1,
        channels: ['ops'],
        serviceAccount: { id: randomUUID(), name: 'deployer', groups: ['ci'], maker: { user: 'alice' }, expiresAt: 5 },
      });
      const first = notice(1);
      const aboutId = aboutIdOf(first);
      expect(await one!.has(aboutId, 1)).toBe(false);
      await Promise.all([one!.put(first, 60_000), other!.put({ ...first, id: 'another' }, 60_000)]);
      expect([await other!.has(aboutId, 1), await other!.has(aboutId, 2)]).toEqual([true, false]);
      const [leased] = await one!.take('ops', leaseMs, 5);
      expect(leased).toMatchObject({ aboutId });
      const waiting = await other!.read('ops', aboutId);
      expect(waiting!.notices).toHaveLength(1);
      expect(await one!.mark('ops', aboutId, waiting!.version, { ...newDelivery, done: 1 })).toBe(true);
      await one!.release('ops', leased!, undefined);
      const second = { ...notice(2), serviceAccount: first.serviceAccount };
      await one!.put(second, 300);
      expect(await other!.read('ops', aboutId)).toMatchObject({
        notices: [{ number: 1 }, second],
        delivery: { done: 1 },
      });
      await until(async () => (await other!.read('ops', aboutId)) === undefined);
    });
  });
}
