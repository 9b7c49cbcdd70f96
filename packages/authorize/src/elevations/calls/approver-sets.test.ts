import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevationOptionsSchema, elevationViewSchema } from '@sallyport/contracts';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { checkOf, identityOf, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const { ticket: _ticket, approvers: plain, ...entry } = elevationsConfig.elevations[0]! as Record<string, unknown>;
const sets = [
  { name: 'leads', by: { groups: ['leads'] } },
  { name: 'security', by: [{ allow: { and: [{ groups: 'security' }, { max_age: '5m' }] } }] },
];
const configWith = (more: object) => ({ ...elevationsConfig, elevations: [{ ...entry, ...more }] });

let rig: ElevationRig;
let alice: string;
beforeEach(async () => {
  rig = await startElevationRig({ config: configWith({ approverSets: sets }) });
  alice = await rig.logInAs('alice', 'developers');
});
afterEach(() => rig.close());

let logins = 0;
const logIn = (name: string, groups: string[], secondsAgo = 10) =>
  rig.logIn(identityOf(`${name}@example.com`, groups, { authTime: Math.floor(Date.now() / 1000) - secondsAgo }), {
    id: `approver-${(logins += 1)}`,
  });
const approve = async (token: string, id: string) => {
  const { status, body } = await rig.decide(token, 'approve', id);
  return status === 200 ? elevationViewSchema.parse(body['elevation']) : { status, detail: body['detail'] };
};
const reconfigure = (more: object) => rig.policies.swap(compileConfigPolicies(loadedConfig(configWith(more))).snapshot);

describe('an elevation that several sets of people must approve', () => {
  it('begins when each has approved, and says until then what is lacking', async () => {
    const asked = await rig.request(alice);
    expect(asked).toMatchObject({
      state: 'pending',
      approvalsNeeded: 2,
      approverSets: [
        { name: 'leads', approvals: 1, lacks: 1 },
        { name: 'security', approvals: 1, lacks: 1 },
      ],
    });
    const [bob, carol] = [await logIn('bob', ['leads']), await logIn('carol', ['security'])];
    expect(await approve(bob, asked.id)).toMatchObject({
      state: 'pending',
      may: ['deny'],
      approvals: [{ user: 'bob@example.com', sets: ['leads'] }],
      approverSets: [{ lacks: 0 }, { lacks: 1 }],
    });
    expect((await rig.list(carol))[0]).toMatchObject({ may: ['approve', 'deny'] });
    expect(await approve(carol, asked.id)).toMatchObject({
      state: 'active',
      approverSets: [{ lacks: 0 }, { lacks: 0 }],
    });
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
    const events = rig.published.filter(({ type }) => type === 'elevation.approved');
    expect(events.map(({ data }) => data.sallyport.elevation)).toMatchObject([
      { approvedFor: ['leads'] },
      { approvedFor: ['security'], approvers: ['bob@example.com', 'carol@example.com'] },
    ]);
    const others = rig.published.filter(({ type }) => type !== 'elevation.approved');
    expect(others.flatMap(({ data }) => data.sallyport.elevation!.approvedFor ?? [])).toEqual([]);
  });

  it('refuses a second approval of a set that is complete, and counts nobody twice', async () => {
    const { id } = await rig.request(alice);
    await approve(await logIn('bob', ['leads']), id);
    expect(await approve(await logIn('dan', ['leads']), id)).toEqual({
      status: 409,
      detail: expect.stringContaining('would not count'),
    });
    expect(await approve(await logIn('bob', ['security']), id)).toMatchObject({ status: 409 });
    expect(await approve(await logIn('alice', ['developers', 'security']), id)).toMatchObject({ status: 403 });
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending' });
  });

  it('moves someone who belongs to both sets where they are needed', async () => {
    const { id } = await rig.request(alice);
    const both = await logIn('erin', ['leads', 'security']);
    expect(await approve(both, id)).toMatchObject({
      approvals: [{ sets: ['leads', 'security'] }],
      approverSets: [{ lacks: 1 }, { lacks: 1 }],
    });
    expect(await approve(await logIn('bob', ['leads']), id)).toMatchObject({ state: 'active' });
  });

  it('offers a set that asks for a fresh login another login', async () => {
    const { id } = await rig.request(alice);
    const old = await logIn('carol', ['security'], 3600);
    expect(await rig.view(old, { action: 'show', id })).toMatchObject({ may: [], freshLogin: { acrValues: [] } });
    expect(await approve(old, id)).toMatchObject({ status: 403, detail: expect.stringContaining('--max-age 0s') });
  });

  it('is denied by one person of any set, and is nothing to others', async () => {
    const { id } = await rig.request(alice);
    const other = await logIn('mallory', ['sre']);
    expect(await approve(other, id)).toMatchObject({ status: 404 });
    expect(await rig.decide(await logIn('carol', ['security']), 'deny', id)).toMatchObject({ status: 200 });
  });

  it('says before what it will need', async () => {
    const { body } = await rig.elevation(alice, { action: 'options' });
    const [option] = elevationOptionsSchema.parse(body).options;
    expect(option).toMatchObject({
      approvalsNeeded: 2,
      approverSets: [
        { name: 'leads', approvals: 1 },
        { name: 'security', approvals: 1 },
      ],
    });
    const preview = await fetch(`${rig.url}/v1/elevation-preview`, {
      method: 'POST',
      headers: { authorization: await rig.credential() },
      body: JSON.stringify({
        check: checkOf(alice, { kind: 'cluster', name: 'prod-eu' }),
        asked: { name: 'prod-admin', cluster: 'prod-eu' },
        requests: [],
      }),
    });
    expect(await preview.json()).toMatchObject({
      approverSets: [
        { name: 'leads', approvals: 1, groups: ['leads'] },
        { name: 'security', approvals: 1 },
      ],
    });
  });

  it('names what is lacking to someone whose request is refused while they wait', async () => {
    const { id } = await rig.request(alice);
    await approve(await logIn('bob', ['leads']), id);
    const { problem } = await rig.tryDelete(alice);
    expect(problem?.detail).toContain('waiting for approval (1 of 2, needs 1 of security)');
  });
});

describe('a request whose approvers are configured in another way afterwards', () => {
  it('cannot be approved any more, but denied', async () => {
    const { id } = await rig.request(alice);
    reconfigure({ approvers: plain });
    const bob = await logIn('bob', ['sre']);
    expect(await rig.view(bob, { action: 'show', id })).toMatchObject({ may: ['deny'] });
    expect(await approve(bob, id)).toEqual({ status: 409, detail: expect.stringContaining('have changed') });
    expect(await rig.decide(bob, 'deny', id)).toMatchObject({ status: 200 });
  });

  it('is not approved by one of several sets that it did not ask for', async () => {
    reconfigure({ approvers: plain });
    const { id } = await rig.request(alice);
    reconfigure({ approverSets: sets });
    expect(await approve(await logIn('bob', ['leads']), id)).toMatchObject({ status: 409 });
    reconfigure({ approverSets: [...sets, { name: 'others', by: { groups: ['others'] } }] });
    const later = await rig.view(alice, { action: 'show', id });
    expect(later).toMatchObject({ state: 'pending', approvals: [] });
  });

  it('needs what it needed when it was asked for, and what its sets need now', async () => {
    const { id } = await rig.request(alice);
    reconfigure({ approverSets: [{ ...sets[0]!, approvals: 2 }, sets[1]!] });
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ approvalsNeeded: 3 });
    await approve(await logIn('bob', ['leads']), id);
    expect(await approve(await logIn('carol', ['security']), id)).toMatchObject({ state: 'pending' });
    reconfigure({ approverSets: sets });
    expect(await approve(await logIn('dan', ['leads']), id)).toMatchObject({ state: 'active' });
  });
});
