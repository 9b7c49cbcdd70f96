import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

/** Creates a store that tests hold up: `before` runs in front of the next call of one of its functions. */
function createHeldUpStore() {
  const inner = createMemoryElevationStore({ now: Date.now });
  const before: { create?: () => Promise<unknown>; open?: () => Promise<unknown>; steps?: () => Promise<unknown> } = {};
  const pass = async (name: keyof typeof before) => {
    const wait = before[name];
    delete before[name];
    await wait?.();
  };
  const store: ElevationStore = {
    ...inner,
    async create(...asked) {
      await pass('create');
      return inner.create(...asked);
    },
    async open() {
      await pass('open');
      const all = await inner.open();
      // What happens here comes after the list was read, and before anything is done about what it says.
      await pass('steps');
      return all;
    },
  };
  return { inner, before, store };
}

const [prodAdmin] = elevationsConfig.elevations;
const config = {
  ...elevationsConfig,
  elevations: [
    prodAdmin,
    { name: 'break-glass', clusters: ['*'], groups: ['admins'], requesters: { groups: ['developers'] }, approvals: 0 },
  ],
};

let rig: ElevationRig;
let made: ReturnType<typeof createHeldUpStore>;
let alice: string;
let bob: string;
beforeEach(async () => {
  made = createHeldUpStore();
  rig = await startElevationRig({ config, store: made.store });
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
});
afterEach(() => rig.close());

const begin = async (more: object = {}) => {
  const asked = await rig.request(alice, more);
  return asked.state === 'active' ? asked : rig.view(bob, { action: 'approve', id: asked.id, asked: {} });
};
const extend = (id: string) =>
  rig.elevation(alice, { action: 'extend', id, asked: { durationMs: 600_000, reason: 'not done' } });
const idOf = ({ body }: { body: Record<string, unknown> }) => (body['elevation'] as { id: string }).id;
const states = async () => (await made.inner.latest(10)).map(({ state }) => state);
const effect = async () => (await rig.tryDelete(alice)).decision.effect;
/** Revokes an elevation, and lets the step after it fail. A sweep may read the list first, so that fails as well. */
async function revokeHalfway(id: string): Promise<void> {
  const fail = () => {
    made.before.open = fail;
    return Promise.reject(new ProblemError('sessions-unavailable', 'Planted.'));
  };
  made.before.open = fail;
  expect((await rig.decide(alice, 'revoke', id)).status).toBe(503);
  delete made.before.open;
}

describe('an elevation that is revoked', () => {
  it('ends an extension that is approved at the same moment', async () => {
    const { id } = await begin();
    const extension = idOf(await extend(id));
    // A sweep may read the list before the revocation does.
    const approve = async () => {
      if ((await made.inner.read(id))!.state === 'revoked')
        expect((await rig.decide(bob, 'approve', extension)).status).toBe(200);
      else made.before.steps = approve;
    };
    made.before.steps = approve;
    expect((await rig.decide(alice, 'revoke', id)).status).toBe(200);
    expect(await states()).toEqual(['revoked', 'revoked']);
    expect(await effect()).toBe('deny');
  });

  it.each(['prod-admin', 'break-glass'])(
    'ends an extension of %s that is asked for at the same moment',
    async (name) => {
      const { id } = await begin({ name });
      made.before.create = async () => expect((await rig.decide(alice, 'revoke', id)).status).toBe(200);
      const { status, body } = await extend(id);
      expect([status, body['detail']]).toEqual([409, expect.stringContaining('Only an active elevation')]);
      expect(await states()).toEqual([name === 'prod-admin' ? 'withdrawn' : 'revoked', 'revoked']);
      expect(await effect()).toBe('deny');
    },
  );

  it('never lets an extension begin, also if the revocation came no further', async () => {
    const { id } = await begin();
    const extension = idOf(await extend(id));
    await revokeHalfway(id);
    expect(await states()).toEqual(['pending', 'revoked']);
    const approved = await rig.view(bob, { action: 'approve', id: extension, asked: {} });
    expect(approved).toMatchObject({ state: 'revoked', ended: { detail: expect.stringContaining('extends') } });
    expect(await effect()).toBe('deny');
  });

  it('ends an active extension soon, also if the revocation came no further', async () => {
    const { id } = await begin();
    await rig.decide(bob, 'approve', idOf(await extend(id)));
    await revokeHalfway(id);
    await until(async () => (await states()).every((state) => state === 'revoked'));
    expect(await effect()).toBe('deny');
  });

  it('ends an active extension when the revocation is repeated after it came no further', async () => {
    const { id } = await begin();
    await rig.decide(bob, 'approve', idOf(await extend(id)));
    await revokeHalfway(id);
    expect((await rig.decide(alice, 'revoke', id)).status).toBe(200);
    expect(await states()).toEqual(['revoked', 'revoked']);
    expect(await effect()).toBe('deny');
  });
});

it('an extension whose elevation is over because its time is up begins all the same', async () => {
  const { id } = await begin();
  const extension = idOf(await extend(id));
  rig.advance(600_001);
  await until(async () => (await made.inner.read(id))!.state === 'expired');
  expect(await rig.view(bob, { action: 'approve', id: extension, asked: {} })).toMatchObject({ state: 'active' });
  expect(await effect()).toBe('allow');
});
