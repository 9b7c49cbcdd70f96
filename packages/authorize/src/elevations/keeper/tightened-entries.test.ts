import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore } from '@sallyport/stores';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { loadedConfig } from '../../testing/authorize-rig.ts';
import { breakGlass, elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
let bob: string;
let carol: string;
beforeEach(async () => {
  rig = await startElevationRig();
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
  carol = await rig.logInAs('carol', 'sre');
});
afterEach(() => rig.close());

const hour = 3_600_000;
const [prodAdmin] = elevationsConfig.elevations;
const configure = (on: ElevationRig, elevations: object[]) =>
  on.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations })).snapshot);
const change = (more: object) => configure(rig, [{ ...prodAdmin, ...more }]);
const effect = async (on = rig, token = alice) => (await on.tryDelete(token)).decision.effect;
const show = (id: string) => rig.view(alice, { action: 'show', id });
/** Waits for the end of an elevation, and returns what the trail says of it. */
async function endOf(id: string) {
  await until(async () => ['revoked', 'denied', 'expired'].includes((await show(id)).state));
  const isEnd = (type: string) => /\.(revoked|denied|expired)$/.test(type);
  await until(() => rig.published.some(({ type }) => isEnd(type)));
  const { type, data } = rig.published.find((record) => isEnd(record.type))!;
  return { type, detail: data.sallyport.detail, user: data.user };
}
async function approved(more: object = {}) {
  const { id } = await rig.request(alice, more);
  return rig.view(bob, { action: 'approve', id, asked: {} });
}

describe('a request that waits when its entry becomes stricter', () => {
  it('needs the approvals that the entry needs now', async () => {
    const { id } = await rig.request(alice);
    change({ approvals: 2 });
    expect(await show(id)).toMatchObject({ approvalsNeeded: 2 });
    expect((await rig.tryDelete(alice)).problem?.detail).toContain('is waiting for approval (0 of 2)');
    expect(await rig.view(bob, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'pending' });
    expect(await effect()).toBe('deny');
    expect(await rig.view(carol, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'active' });
  });

  it('loses approvals by people who were approvers then, until they approve again', async () => {
    change({ approvals: 2 });
    const { id } = await rig.request(alice);
    await rig.decide(bob, 'approve', id);
    change({ approvals: 2, approvers: { groups: ['sre'] } });
    expect(await rig.view(carol, { action: 'approve', id, asked: {} })).toMatchObject({
      state: 'pending',
      approvals: [{ user: 'carol@example.com' }],
    });
    expect(await rig.view(bob, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'active' });
  });

  it('is active for as long as the entry allows now', async () => {
    const { id } = await rig.request(alice);
    change({ maxDuration: '1m' });
    const before = Date.now();
    const { expiresAt } = await rig.view(bob, { action: 'approve', id, asked: {} });
    expect(expiresAt! - before).toBeLessThan(62_000);
    rig.advance(62_000);
    expect(await effect()).toBe('deny');
  });

  it.each([
    ['demands a ticket', { ticket: 'required' }, 'its entry demands another ticket now'],
    ['is gone', { name: 'other' }, 'it is no longer configured'],
    ['is for another cluster', { clusters: ['dev'] }, 'it is no longer configured'],
  ])('is denied by the gateway if it %s, and the trail says why', async (_what, more, detail) => {
    const { id } = await rig.request(alice);
    change(more);
    expect(await endOf(id)).toEqual({ type: 'elevation.denied', detail, user: {} });
  });

  it('is reviewed if the entry has reviewers now', async () => {
    const { id } = await rig.request(alice);
    change({ review: { by: { groups: ['auditors'] } } });
    expect(await rig.view(bob, { action: 'approve', id, asked: {} })).toMatchObject({
      state: 'active',
      review: { groups: ['auditors'] },
    });
  });
});

describe('an elevation that is approved for later', () => {
  const later = { startsAt: Date.now() + hour };
  const stricter: [string, object, string][] = [
    ['needs more approvals', { approvals: 2 }, 'its entry demands other approvals now'],
    ['has other approvers', { approvers: { groups: ['auditors'] } }, 'its entry demands other approvals now'],
    [
      'has sets of approvers',
      { approvers: undefined, approverSets: [{ name: 'a', by: { groups: ['sre'] } }] },
      'its entry demands other approvals now',
    ],
    ['demands a ticket', { ticket: 'required' }, 'its entry demands another ticket now'],
    ['is gone', { name: 'other' }, 'it is no longer configured'],
  ];

  it.each(stricter)('does not begin if its entry %s by then', async (_what, more, detail) => {
    const { id } = await approved(later);
    change(more);
    expect(await endOf(id)).toEqual({ type: 'elevation.revoked', detail, user: {} });
    rig.advance(hour + 1000);
    expect(await effect()).toBe('deny');
    expect(rig.published.map(({ type }) => type)).not.toContain('elevation.activated');
  });

  it('does not begin as break-glass if its entry needs an approval by then', async () => {
    configure(rig, [breakGlass]);
    const asked = { name: 'break-glass', namespace: 'dev', ...later };
    const { id } = await rig.request(alice, asked);
    configure(rig, [{ ...breakGlass, approvals: 1, approvers: { groups: ['sre'] } }]);
    expect(await endOf(id)).toMatchObject({ detail: 'its entry demands other approvals now' });
    rig.advance(hour + 1000);
    expect(await effect()).toBe('deny');
  });

  it('does not begin if its entry was deleted and made again in between', async () => {
    const { id } = await approved(later);
    configure(rig, []);
    await until(async () => (await show(id)).state === 'revoked');
    change({});
    rig.advance(hour + 1000);
    expect(await effect()).toBe('deny');
  });

  it('begins if its entry demands less by then', async () => {
    change({ approvals: 1, review: { by: { groups: ['auditors'] } } });
    const { id } = await approved(later);
    change({ maxDuration: '2h' });
    rig.advance(hour + 1000);
    await until(async () => (await effect()) === 'allow');
    expect(await show(id)).toMatchObject({ state: 'active' });
  });
});

describe('an elevation that is active when its entry allows less time', () => {
  it('ends at the next check, and the trail says why', async () => {
    const { id, expiresAt } = await approved();
    rig.advance(120_000);
    change({ maxDuration: '3m' });
    const answer = await rig.tryDelete(alice);
    expect(answer.decision.effect).toBe('allow');
    expect(answer.elevations![0]!.expiresAt).toBe(expiresAt! - 420_000);
    expect((await show(id)).expiresAt).toBe(expiresAt! - 420_000);
    rig.advance(60_000);
    expect(await effect()).toBe('deny');
    expect(await endOf(id)).toEqual({ type: 'elevation.revoked', detail: 'its entry allows less time now', user: {} });
  });

  it('ends if nobody uses it, and stays ended when the entry allows more again', async () => {
    const { id } = await approved();
    rig.advance(120_000);
    change({ maxDuration: '1m' });
    expect(await endOf(id)).toMatchObject({ detail: 'its entry allows less time now' });
    change({});
    expect(await effect()).toBe('deny');
  });

  it('expires if its time is up when its entry is found gone', async () => {
    const { id } = await approved();
    rig.advance(600_001);
    configure(rig, []);
    expect(await endOf(id)).toMatchObject({ type: 'elevation.expired' });
  });

  it('goes on if the entry needs more approvals or other approvers', async () => {
    const { id } = await approved();
    change({ approvals: 2, approvers: { groups: ['auditors'] } });
    expect(await effect()).toBe('allow');
    expect(await show(id)).toMatchObject({ state: 'active', approvalsNeeded: 1 });
  });

  it('takes its extension with it', async () => {
    const { id } = await approved();
    const extension = await rig.view(alice, { action: 'extend', id, asked: { durationMs: 600_000, reason: 'more' } });
    await rig.decide(bob, 'approve', extension.id);
    rig.advance(300_000);
    change({ maxDuration: '1m' });
    await until(async () => (await show(extension.id)).state === 'revoked');
    expect(await effect()).toBe('deny');
  });

  it('has an extension whose event says when it ends under the entry now', async () => {
    const { id } = await approved({ durationMs: hour });
    const extension = await rig.view(alice, { action: 'extend', id, asked: { durationMs: hour, reason: 'more' } });
    change({ maxDuration: '10m' });
    const { state, expiresAt } = await rig.view(bob, { action: 'approve', id: extension.id, asked: {} });
    expect(state).toBe('active');
    const { data } = rig.published.find(({ type }) => type === 'elevation.extended')!;
    expect(Date.parse(data.sallyport.elevation!.expiresAt!)).toBe(expiresAt);
    expect(expiresAt).toBeLessThan(Date.now() + hour);
  });
});

describe('two replicas, of which one knows the stricter entry', () => {
  it('let an elevation begin under it, whichever of them is asked', async () => {
    const store = createMemoryElevationStore({ now: Date.now });
    const [one, other] = [await startElevationRig({ store }), await startElevationRig({ store })];
    try {
      const [asks, approver, second] = [
        await one.logInAs('alice', 'developers'),
        await other.logInAs('bob', 'sre'),
        await other.logInAs('carol', 'sre'),
      ];
      configure(other, [{ ...prodAdmin, approvals: 2 }]);
      const { id } = await one.request(asks);
      expect(await other.view(approver, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'pending' });
      expect(await effect(one, asks)).toBe('deny');
      expect(await other.view(second, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'active' });
      expect(await effect(one, asks)).toBe('allow');
    } finally {
      await one.close();
      await other.close();
    }
  });
});
