import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkOf, kubernetes } from '../../testing/authorize-rig.ts';
import { startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
beforeEach(async () => {
  rig = await startElevationRig();
  alice = await rig.logInAs('alice', 'developers');
});
afterEach(() => rig.close());

/** How many wait for the approval of someone who lists pods. */
const waiting = async (token: string, verb = 'list'): Promise<number | undefined> => {
  const target = { kind: 'cluster', name: 'prod-eu' } as const;
  return (await rig.ask(checkOf(token, target, { kubernetes: kubernetes({ verb }) })))[0]!.approvalsWaiting;
};

describe('the number of approvals that wait', () => {
  it('is told to those who may approve, with what they are allowed, and not to the one who asks', async () => {
    const bob = await rig.logInAs('bob', 'sre');
    expect(await waiting(bob)).toBeUndefined();
    await rig.request(alice);
    expect(await waiting(bob)).toBe(1);
    expect(await waiting(bob, 'delete')).toBeUndefined();
    expect(await waiting(alice)).toBeUndefined();
    expect(await waiting(await rig.logInAs('carol', 'auditors'))).toBeUndefined();
  });

  it('is counted once in ten seconds for a session, and ends with the last request', async () => {
    const asked = await rig.request(alice);
    const bob = await rig.logInAs('bob', 'sre');
    expect(await waiting(bob)).toBe(1);
    const dave = await rig.logInAs('dave', 'developers');
    await rig.request(dave);
    expect([await waiting(bob), await waiting(await rig.logInAs('bob', 'sre'))]).toEqual([1, 2]);
    for (const { id } of [asked, ...(await rig.list(dave)).filter(({ mine }) => mine)])
      await rig.decide(id === asked.id ? alice : dave, 'withdraw', id);
    expect(await waiting(bob)).toBeUndefined();
  });
});
