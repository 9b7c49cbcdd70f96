import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { checkOf } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
let ids: string[];
beforeEach(async () => {
  const sessions = [{ allow: { or: [{ groups: 'admins' }, { elevation: 'prod-admin' }] } }];
  const { policy } = elevationsConfig.api;
  rig = await startElevationRig({ config: { ...elevationsConfig, api: { policy: { ...policy, sessions } } } });
  alice = await rig.logInAs('alice', 'developers');
  const bob = await rig.logInAs('bob', 'sre');
  const { id } = await rig.request(alice);
  await rig.decide(bob, 'approve', id);
  const other = await rig.request(alice, { name: 'one-namespace', namespace: 'shop' });
  ids = [id, other.id];
});
afterEach(() => rig.close());

it('names every elevation that a request uses, in the answer and upstream', async () => {
  const both = await rig.tryDelete(alice, 'prod-eu', 'shop');
  expect(both.elevations).toMatchObject([
    { id: ids[0], name: 'prod-admin' },
    { id: ids[1], name: 'one-namespace' },
  ]);
  expect(both.impersonation!.extra['sallyport.dev/elevation']).toEqual(ids);
  expect((await rig.tryDelete(alice)).impersonation!.extra['sallyport.dev/elevation']).toEqual([ids[0]]);
});

it('gives an elevation no right to the API of the gateway', async () => {
  const [answer] = await rig.ask(checkOf(alice, { kind: 'api', area: 'sessions' }));
  expect(answer).toMatchObject({ decision: { effect: 'deny' }, problem: { code: 'forbidden' } });
  expect(answer).not.toHaveProperty('elevations');
});
