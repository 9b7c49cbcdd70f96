import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RightsEnd } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { identityOf } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const day = 86_400_000;
const key = 'name:alice@example.com';
const config = {
  ...elevationsConfig,
  identity: {
    directory: { sources: [{ kind: 'scim', tokens: [{ id: 't', sha256: 'ab'.repeat(32) }] }] },
    providers: [
      {
        id: 'corp',
        issuer: 'https://idp.example.com',
        clientId: 'c',
        clientSecret: 's',
        groupSources: ['claims', 'scim'],
      },
    ],
  },
};

let rig: ElevationRig;
let alice: string;
let bob: string;
let carol: string;
const start = async (store?: ElevationStore) => {
  rig = await startElevationRig({ config, ...(store ? { store } : {}) });
  alice = await rig.logInAs('alice', 'developers');
  bob = await rig.logInAs('bob', 'sre');
  carol = await rig.logInAs('carol', 'developers');
};
beforeEach(() => start());
afterEach(() => rig.close());

const person = { issuer: 'https://idp.example.com', subject: 'sub-alice@example.com' };
const effect = async (token: string) => (await rig.tryDelete(token)).decision.effect;
const stateOf = async (id: string, token = alice) => (await rig.view(token, { action: 'show', id })).state;
/** Ends all sessions of Alice and what she was given, as authenticate does. */
async function end(of: RightsEnd['of'] = person, reason: RightsEnd['reason'] = 'deactivated') {
  await rig.sessions.endRights(of, reason);
  for (const { id } of await rig.sessions.list(person)) await rig.sessions.revoke(id, { by: 'test', reason });
}
const back = async () => (alice = await rig.logInAs('alice', 'developers'));
const reasons = () =>
  rig.published.flatMap(({ type, data }) =>
    type === 'elevation.revoked' || type === 'elevation.denied' ? [[type, data.sallyport.detail, data.user]] : [],
  );
async function active(asks = alice) {
  const { id } = await rig.request(asks);
  await rig.decide(bob, 'approve', id);
  expect(await effect(asks)).toBe('allow');
  return id;
}

const ways: [string, RightsEnd['of'], RightsEnd['reason'], string][] = [
  ['the directory ends a session', person, 'deactivated', "its holder's account was deactivated or removed"],
  [
    'the directory has the key',
    { source: 'scim', key },
    'deactivated',
    "its holder's account was deactivated or removed",
  ],
  ['an operator names the user', { user: 'alice@example.com' }, 'revoked', 'all sessions of its holder were ended'],
  ['an operator ends all sessions', 'everybody', 'revoked', 'all sessions of its holder were ended'],
];

describe('the elevations of someone who may not log in any more', () => {
  it.each(ways)(
    'end if %s, with the reason, and are not there when the person returns',
    async (_how, of, why, detail) => {
      const id = await active();
      await end(of, why);
      await back();
      await until(async () => (await stateOf(id)) === 'revoked');
      expect(await effect(alice)).toBe('deny');
      await until(() => reasons().length > 0);
      expect(reasons()).toEqual([['elevation.revoked', detail, {}]]);
    },
  );

  it('end while they wait for approval and while they wait for their start', async () => {
    const later = await rig.request(alice, { startsAt: Date.now() + 3_600_000 });
    await rig.decide(bob, 'approve', later.id);
    const other = await rig.request(carol);
    await end();
    await rig.sessions.endRights({ user: 'carol@example.com' }, 'revoked');
    await back();
    await until(async () => (await stateOf(later.id)) === 'revoked' && (await stateOf(other.id, carol)) === 'denied');
    rig.advance(3_601_000);
    expect(await effect(alice)).toBe('deny');
    expect(rig.published.map(({ type }) => type)).not.toContain('elevation.activated');
  });

  it('do not end those of others', async () => {
    const id = await active(carol);
    await end();
    await end({ source: 'scim', key });
    await end({ source: 'other', key: 'name:carol@example.com' });
    await end({ user: 'carol' });
    expect(await effect(carol)).toBe('allow');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await stateOf(id, carol)).toBe('active');
  });

  it('do not end by the end of some of their sessions', async () => {
    const id = await active();
    const second = await back();
    const [first] = await rig.sessions.list(person);
    await rig.sessions.revoke(first!.id, { by: 'alice', reason: 'logout' });
    expect(await effect(second)).toBe('allow');
    expect(await stateOf(id)).toBe('active');
  });

  it('can be asked for again after the return', async () => {
    const first = await active();
    await end();
    await back();
    await until(async () => (await stateOf(first)) === 'revoked');
    rig.advance(2001);
    const id = await active();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await stateOf(id)).toBe('active');
  });

  it('are asked for by a request that was under way, and end all the same', async () => {
    await end();
    const asks = await rig.logIn(identityOf('alice@example.com', ['developers']), { expiresAt: Date.now() + day });
    const { id } = await rig.request(asks);
    expect((await rig.decide(bob, 'approve', id)).body).toMatchObject({ code: 'conflict' });
    await until(async () => (await stateOf(id, asks)) === 'denied');
    expect(rig.published.map(({ type }) => type)).not.toContain('elevation.activated');
  });
});

describe('an approval and the end of the person at the same time', () => {
  it('lead to no right, in either order', async () => {
    const { id } = await rig.request(alice);
    await Promise.all([rig.decide(bob, 'approve', id), end()]);
    await back();
    await until(async () => ['denied', 'revoked'].includes(await stateOf(id)));
    expect(await effect(alice)).toBe('deny');
    const second = await rig.request(carol);
    await rig.sessions.endRights({ user: 'carol@example.com' }, 'revoked');
    expect((await rig.decide(bob, 'approve', second.id)).status).toBe(409);
    expect(await effect(carol)).toBe('deny');
  });

  it('lead to no right on two replicas, of which one takes the approval', async () => {
    const shared = createMemoryElevationStore({ now: Date.now });
    await rig.close();
    await start(shared);
    const other = await startElevationRig({ config, store: shared });
    try {
      const approver = await other.logInAs('bob', 'sre');
      const { id } = await rig.request(alice);
      // Both know that she was deactivated, as they share a session store.
      await Promise.all([
        other.decide(approver, 'approve', id),
        rig.sessions.endRights(person, 'deactivated'),
        other.sessions.endRights(person, 'deactivated'),
      ]);
      await until(async () => ['denied', 'revoked'].includes(await stateOf(id)));
      expect(await effect(alice)).toBe('deny');
      const ends = [...rig.published, ...other.published].filter(({ type }) => /denied|revoked/.test(type));
      expect(ends).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  it('lead to no right while it is not known who was deactivated', async () => {
    const { id } = await rig.request(alice);
    const { rightsEnded } = rig.sessions;
    rig.sessions.rightsEnded = () => Promise.reject(new ProblemError('sessions-unavailable', 'planted'));
    expect((await rig.decide(bob, 'approve', id)).status).toBe(503);
    expect(await stateOf(id)).toBe('pending');
    rig.sessions.rightsEnded = rightsEnded;
    expect((await rig.decide(bob, 'approve', id)).status).toBe(200);
  });
});
