import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { identityOf, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
let bob: string;
beforeEach(async () => {
  rig = await startElevationRig();
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
});
afterEach(() => rig.close());

const effect = async (token: string, ...more: [string?, string?]) =>
  (await rig.tryDelete(token, ...more)).decision.effect;
async function approved(more: object = {}) {
  const { id } = await rig.request(alice, more);
  return rig.view(bob, { action: 'approve', id, asked: {} });
}

describe('an elevation', () => {
  it('adds its groups from the approval to its end, with its id and no new login', async () => {
    expect(await effect(alice)).toBe('deny');
    const pending = await rig.request(alice, { ticket: 'INC-1' });
    expect(pending).toMatchObject({ state: 'pending', mine: true, may: ['withdraw'], user: 'alice@example.com' });
    expect(await effect(alice)).toBe('deny');
    const active = await rig.view(bob, { action: 'approve', id: pending.id, asked: {} });
    expect(active).toMatchObject({ state: 'active', mine: false, approvals: [{ user: 'bob@example.com' }] });
    const answer = await rig.tryDelete(alice);
    expect(answer).toMatchObject({
      decision: { effect: 'allow' },
      identity: { groups: ['developers'] },
      impersonation: {
        groups: ['developers', 'admins'],
        extra: { 'sallyport.dev/session': ['id-1'], 'sallyport.dev/elevation': [pending.id] },
      },
      elevations: [
        {
          id: pending.id,
          name: 'prod-admin',
          expiresAt: active.expiresAt,
          approvers: ['bob@example.com'],
          ticket: 'INC-1',
        },
      ],
    });
    rig.advance(599_000);
    expect(await effect(alice)).toBe('allow');
    rig.advance(1001);
    const after = await rig.tryDelete(alice);
    expect(after.decision.effect).toBe('deny');
    expect(after).not.toHaveProperty('elevations');
  });

  it('is for its person, its cluster and its namespace alone', async () => {
    await approved();
    const other = await rig.logInAs('dave', 'developers');
    expect([await effect(alice), await effect(other), await effect(alice, 'dev')]).toEqual(['allow', 'deny', 'deny']);
    const carol = await rig.logInAs('carol', 'developers');
    expect(
      (await rig.elevation(carol, { action: 'request', asked: { ...rig.asked, name: 'one-namespace' } })).body,
    ).toMatchObject({ code: 'bad-request', detail: expect.stringContaining('--namespace') });
    expect(await rig.request(carol, { name: 'one-namespace', namespace: 'shop' })).toMatchObject({ state: 'active' });
    expect([await effect(carol, 'prod-eu', 'shop'), await effect(carol), await effect(carol, 'prod-eu', '')]).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
  });

  it('holds in every session of the person, and in no session of an alias', async () => {
    await approved();
    expect(await effect(await rig.logInAs('alice', 'developers'))).toBe('allow');
    const alias = identityOf('alias', ['developers'], { email: 'alice@example.com' });
    expect(await effect(await rig.logIn(alias))).toBe('deny');
  });

  it('ends at once when it is revoked, by its holder or an approver', async () => {
    for (const token of [alice, bob]) {
      const { id } = await approved();
      expect(await effect(alice)).toBe('allow');
      expect((await rig.decide(token, 'revoke', id)).status).toBe(200);
      expect(await effect(alice)).toBe('deny');
    }
  });

  it('ends when its holder may no longer ask for it, and does not come back', async () => {
    const { id } = await approved();
    const without = await rig.logInAs('alice', 'sre');
    expect(await effect(without)).toBe('deny');
    await until(async () => (await rig.view(alice, { action: 'show', id })).state === 'revoked');
    expect(await effect(alice)).toBe('deny');
  });

  it.each([
    ['its entry is gone', { ...elevationsConfig, elevations: [] }],
    ['its group is no longer configured', withEntry({ groups: ['auditors'] })],
    ['its cluster is no longer covered', withEntry({ clusters: ['dev'] })],
  ])('gives nothing once %s', async (_why, config) => {
    await approved();
    expect(await effect(alice)).toBe('allow');
    rig.policies.swap(compileConfigPolicies(loadedConfig(config)).snapshot);
    expect(await effect(alice)).toBe('deny');
  });

  it('keeps the groups of the request when the entry gets more', async () => {
    await approved();
    rig.policies.swap(compileConfigPolicies(loadedConfig(withEntry({ groups: ['admins', 'auditors'] }))).snapshot);
    expect((await rig.tryDelete(alice)).impersonation?.groups).toEqual(['developers', 'admins']);
  });
});

function withEntry(more: object) {
  return { ...elevationsConfig, elevations: [{ ...elevationsConfig.elevations[0], ...more }] };
}

describe('the audit log', () => {
  const types = () => rig.published.map(({ type }) => type);

  it('has every step, in order, with who, what and why', async () => {
    const { id } = await approved({ ticket: 'INC-7' });
    await rig.decide(bob, 'revoke', id);
    expect(types()).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated', 'elevation.revoked']);
    const [, approval] = rig.published;
    expect(approval!.data).toMatchObject({
      user: { username: 'bob@example.com' },
      sallyport: {
        cluster: { name: 'prod-eu' },
        elevation: { id, name: 'prod-admin', user: 'alice@example.com', reason: 'the shop is down', ticket: 'INC-7' },
        identity: { sub: 'sub-bob@example.com' },
      },
    });
    expect(new Set(rig.published.map((record) => record.id)).size).toBe(4);
  });

  it('must have the approval before it is a right; then it begins by itself', async () => {
    const { id } = await rig.request(alice);
    rig.log.away = true;
    expect((await rig.decide(bob, 'approve', id)).body).toMatchObject({ code: 'audit-unavailable' });
    expect(await effect(alice)).toBe('deny');
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'approved', unrecorded: true });
    rig.log.away = false;
    rig.advance(2500);
    await until(async () => (await effect(alice)) === 'allow');
    expect(types()).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
  });

  it('does not hold up an end, and gets the event later', async () => {
    const { id } = await approved();
    rig.log.away = true;
    expect((await rig.decide(alice, 'revoke', id)).body).toMatchObject({
      elevation: { state: 'revoked', unrecorded: true },
    });
    expect(await effect(alice)).toBe('deny');
    rig.log.away = false;
    rig.advance(2500);
    await until(async () => types().includes('elevation.revoked'));
  });

  it('gets the end that only the clock has made', async () => {
    await approved();
    rig.advance(600_001);
    await until(async () => types().at(-1) === 'elevation.expired');
    await rig.request(alice);
    rig.advance(3_600_001);
    await until(async () => types().at(-1) === 'elevation.timed-out');
  });
});

describe('several replicas', () => {
  it('know at the next check what another has written, even if no message arrives', async () => {
    const shared = createMemoryElevationStore({ now: Date.now });
    const deaf: ElevationStore = { ...shared, onChange: () => () => {} };
    const [one, other] = [await startElevationRig({ store: shared }), await startElevationRig({ store: deaf })];
    try {
      const [there, here] = [await one.logInAs('alice', 'developers'), await other.logInAs('alice', 'developers')];
      const approver = await one.logInAs('bob', 'sre');
      expect((await other.tryDelete(here)).decision.effect).toBe('deny');
      const { id } = await one.request(there);
      await one.decide(approver, 'approve', id);
      expect((await other.tryDelete(here)).decision.effect).toBe('allow');
      await one.decide(there, 'revoke', id);
      expect((await other.tryDelete(here)).decision.effect).toBe('deny');
    } finally {
      await one.close();
      await other.close();
    }
  });

  it('decide nothing while they cannot ask what has changed', async () => {
    const store = createMemoryElevationStore({ now: Date.now });
    const away: ElevationStore = { ...store, changesSince: () => Promise.reject(new Error('planted')) };
    const broken = await startElevationRig({ store: away });
    try {
      const token = await broken.logInAs('alice', 'developers');
      await expect(broken.tryDelete(token)).rejects.toThrow(/status 50[03]/);
    } finally {
      await broken.close();
    }
  });
});
