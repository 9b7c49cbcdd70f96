import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkOf, kubernetes } from '../testing/authorize-rig.ts';
import { startElevationRig, type ElevationRig } from '../testing/elevation-rig.ts';

let rig: ElevationRig;
beforeEach(async () => {
  rig = await startElevationRig();
});
afterEach(() => rig.close());

/** Asks again about a delete that was allowed with these elevations. */
async function recheck(token: string, elevations: string[]) {
  const asked = kubernetes({ verb: 'delete', requestVerb: 'delete', namespace: 'dev', name: 'web' });
  const check = checkOf(token, { kind: 'cluster', name: 'prod-eu' }, { kubernetes: asked });
  return (await rig.ask({ ...check, use: false, elevations }))[0]!;
}

describe('the answer about something that an elevation allowed', () => {
  it('says who revoked it, or that it has expired, and nothing while it lasts or to another', async () => {
    const [alice, bob] = [await rig.logInAs('alice', 'developers'), await rig.logInAs('bob', 'sre')];
    const begin = async () => {
      const { id } = await rig.request(alice);
      await rig.view(bob, { action: 'approve', id, asked: {} });
      return id;
    };
    const first = await begin();
    const during = await recheck(alice, [first]);
    expect([during.decision.effect, during.elevationEnded]).toEqual(['allow', undefined]);
    await rig.view(bob, { action: 'revoke', id: first, asked: {} });
    expect(await recheck(alice, ['unknown', first])).toMatchObject({
      decision: { effect: 'deny' },
      elevationEnded: 'Your elevation prod-admin was revoked by bob@example.com',
    });
    expect((await recheck(bob, [first])).elevationEnded).toBeUndefined();
    const own = await begin();
    await rig.view(alice, { action: 'revoke', id: own, asked: {} });
    expect((await recheck(alice, [own])).elevationEnded).toBe('You ended your elevation prod-admin');
    const last = await begin();
    rig.advance(600_000);
    expect((await recheck(alice, [last])).elevationEnded).toBe('Your elevation prod-admin has expired');
  });
});
