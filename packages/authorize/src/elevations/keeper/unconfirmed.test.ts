import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

/** Creates a store that writes, and then says that it does not know whether the write stays, as long as it is told to. */
function createUnsureStore() {
  const store = createMemoryElevationStore({ now: Date.now });
  const replicas = { away: false, confirmed: 0 };
  const confirm = () => {
    if (replicas.away) throw new ProblemError('sessions-unavailable', 'This may or may not have happened.');
    replicas.confirmed += 1;
  };
  const unsure: ElevationStore = {
    ...store,
    async create(...asked) {
      await store.create(...asked);
      confirm();
    },
    async replace(...asked) {
      const replaced = await store.replace(...asked);
      confirm();
      return replaced;
    },
    confirm: async () => confirm(),
  };
  return { unsure, replicas };
}

const [prodAdmin] = elevationsConfig.elevations;
const config = {
  ...elevationsConfig,
  elevations: [
    { ...prodAdmin, approvers: { groups: ['sre'] } },
    {
      name: 'break-glass',
      clusters: ['*'],
      groups: ['admins'],
      requesters: { groups: ['developers'] },
      approvals: 0,
      review: { by: { groups: ['sre'] } },
    },
  ],
};

let rig: ElevationRig;
let replicas: ReturnType<typeof createUnsureStore>['replicas'];
let alice: string;
let bob: string;
beforeEach(async () => {
  const made = createUnsureStore();
  replicas = made.replicas;
  rig = await startElevationRig({ config, store: made.unsure });
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
});
afterEach(() => rig.close());

const types = () => rig.published.map(({ type }) => type);
const codeOf = ({ status, body }: { status: number; body: Record<string, unknown> }) => body['code'] ?? status;
const stateOf = ({ body }: { body: Record<string, unknown> }) => (body['elevation'] as ElevationView).state;
const effect = async () => (await rig.tryDelete(alice)).decision.effect;

/** Asks with the replicas away, twice, then with them there, twice. Returns the last answer. */
async function askAgain(ask: () => ReturnType<ElevationRig['elevation']>) {
  replicas.away = true;
  const before = rig.published.length;
  for (const _ of [1, 2]) expect(codeOf(await ask())).toBe('sessions-unavailable');
  // The trail is told of nothing that could be lost.
  expect(rig.published).toHaveLength(before);
  replicas.away = false;
  const first = await ask();
  expect(codeOf(first)).toBe(200);
  const again = await ask();
  expect(codeOf(again)).toBe(200);
  expect(stateOf(again)).toBe(stateOf(first));
  expect(new Set(rig.published.map(({ id }) => id)).size).toBe(rig.published.length);
  return again;
}

describe('a step that replicas may not have', () => {
  it('can be repeated: a request and its approval happen once', async () => {
    const request = { action: 'request', asked: rig.asked };
    const asked = await askAgain(() => rig.elevation(alice, request));
    const { id } = asked.body['elevation'] as ElevationView;
    expect(stateOf(await askAgain(() => rig.decide(bob, 'approve', id)))).toBe('active');
    expect(types()).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
    expect(await rig.list(alice, true)).toHaveLength(1);
    expect(await effect()).toBe('allow');
  });

  it('can be repeated: a revocation counts from the first time on, and is recorded once', async () => {
    const { id } = await rig.request(alice);
    await rig.decide(bob, 'approve', id);
    replicas.away = true;
    expect(codeOf(await rig.decide(alice, 'revoke', id))).toBe('sessions-unavailable');
    expect(await effect()).toBe('deny');
    expect(stateOf(await askAgain(() => rig.decide(alice, 'revoke', id)))).toBe('revoked');
    expect(types().filter((type) => type === 'elevation.revoked')).toHaveLength(1);
    // Another one has not ended it, and is told so.
    expect(codeOf(await rig.decide(bob, 'revoke', id))).toBe('conflict');
  });

  it.each(['deny', 'withdraw'])('can be repeated: %s', async (action) => {
    const { id } = await rig.request(alice);
    const token = action === 'deny' ? bob : alice;
    await askAgain(() => rig.decide(token, action, id));
    expect(types()).toHaveLength(2);
  });

  it('can be repeated: a review with the same words, and no other', async () => {
    const { id } = await rig.request(alice, { name: 'break-glass' });
    const review = (comment: string) => rig.elevation(bob, { action: 'review', id, asked: { comment } });
    await askAgain(() => review('all good'));
    expect(codeOf(await review('not good'))).toBe('conflict');
    expect(types().filter((type) => type === 'elevation.reviewed')).toHaveLength(1);
  });

  it('is no right, and begins by itself when the replicas are back', async () => {
    const { id } = await rig.request(alice);
    replicas.away = true;
    await rig.decide(bob, 'approve', id);
    rig.advance(3000);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(types()).toEqual(['elevation.requested']);
    expect(await effect()).toBe('deny');
    replicas.away = false;
    await until(async () => (await effect()) === 'allow');
    expect(types()).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
  });
});
