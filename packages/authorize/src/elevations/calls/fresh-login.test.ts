import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevationViewSchema } from '@sallyport/contracts';
import { identityOf } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const approvers = [{ allow: { and: [{ groups: 'sre' }, { max_age: '5m' }] } }];
const strict = [{ allow: { and: [{ groups: 'sre' }, { max_age: '5m' }, { acr: 'phr' }] } }];
const [first] = elevationsConfig.elevations;
const configWith = (policy: object) => ({
  ...elevationsConfig,
  elevations: [{ ...first, approvers: policy, requesters: { groups: ['developers'] } }],
});

let rig: ElevationRig;
let alice: string;
beforeEach(async () => {
  rig = await startElevationRig({ config: configWith(approvers) });
  alice = await rig.logInAs('alice', 'developers');
});
afterEach(() => rig.close());

const hour = 3600;
let logins = 0;
const logIn = (name: string, groups: string[], secondsAgo: number, acr?: string) =>
  rig.logIn(
    identityOf(`${name}@example.com`, groups, {
      authTime: Math.floor(Date.now() / 1000) - secondsAgo,
      ...(acr === undefined ? {} : { acr }),
    }),
    { id: `login-${(logins += 1)}` },
  );
const actions = ['approve', 'deny', 'revoke', 'withdraw', 'extend'];
const statuses = (token: string, id: string) =>
  Promise.all(
    actions.map(async (action) => {
      const asked = action === 'extend' ? { durationMs: 60_000 } : {};
      return (await rig.elevation(token, { action, id, asked })).status;
    }),
  );

describe('an approver whose login is too old', () => {
  it('sees the request and how to go on, and can do nothing with it', async () => {
    const { id } = await rig.request(alice);
    const old = await logIn('bob', ['sre'], hour);
    expect(await rig.view(old, { action: 'show', id })).toMatchObject({ may: [], freshLogin: { acrValues: [] } });
    expect(await rig.list(old)).toMatchObject([{ id, may: [] }]);
    expect(await statuses(old, id)).toEqual([403, 403, 403, 403, 403]);
    const { body } = await rig.decide(old, 'approve', id);
    expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('sallyport login --max-age 0s"') });
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending', approvals: [] });
  });

  it('approves after another login, and only then', async () => {
    const { id } = await rig.request(alice);
    const fresh = await logIn('bob', ['sre'], 10);
    const view = elevationViewSchema.parse((await rig.decide(fresh, 'approve', id)).body['elevation']);
    expect(view).toMatchObject({ state: 'active', may: ['revoke'] });
    expect(view).not.toHaveProperty('freshLogin');
    const old = await logIn('bob', ['sre'], hour);
    expect((await rig.decide(old, 'revoke', id)).body).toMatchObject({ code: 'forbidden' });
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'active' });
  });

  it('learns which class of authentication the login needs', async () => {
    await rig.close();
    rig = await startElevationRig({ config: configWith(strict) });
    const { id } = await rig.request(await rig.logInAs('alice', 'developers'));
    const old = await logIn('bob', ['sre'], hour, 'pwd');
    expect(await rig.view(old, { action: 'show', id })).toMatchObject({ freshLogin: { acrValues: ['phr'] } });
    expect((await rig.decide(old, 'deny', id)).body).toMatchObject({
      detail: expect.stringContaining('--max-age 0s --acr phr"'),
    });
    expect((await rig.decide(await logIn('bob', ['sre'], 10, 'phr'), 'approve', id)).status).toBe(200);
  });

  it('is offered nothing once it is over', async () => {
    const { id } = await rig.request(alice);
    await rig.decide(alice, 'withdraw', id);
    const old = await logIn('bob', ['sre'], hour);
    expect(await rig.view(old, { action: 'show', id })).not.toHaveProperty('freshLogin');
  });
});

describe('someone whom another login does not make an approver', () => {
  it('sees nothing, however old their login is', async () => {
    const { id } = await rig.request(alice);
    for (const token of [await logIn('mallory', [], hour), await logIn('dave', ['developers'], hour)]) {
      expect((await rig.elevation(token, { action: 'show', id })).status).toBe(404);
      expect(await rig.list(token, true)).toEqual([]);
      expect(await statuses(token, id)).toEqual([404, 404, 404, 404, 404]);
    }
  });

  it('makes no requester an approver, whatever the login', async () => {
    const { id } = await rig.request(alice);
    const both = await logIn('alice', ['developers', 'sre'], hour);
    expect(await rig.view(both, { action: 'show', id })).toMatchObject({ mine: true, may: ['withdraw'] });
    expect((await rig.decide(await logIn('alice', ['developers', 'sre'], 10), 'approve', id)).body).toMatchObject({
      code: 'forbidden',
    });
  });
});

it('an auditor who is an approver with an old login may still deny and revoke', async () => {
  const { id } = await rig.request(alice);
  const carol = await logIn('carol', ['auditors', 'sre'], hour);
  expect(await rig.view(carol, { action: 'show', id })).toMatchObject({ may: ['deny'], freshLogin: { acrValues: [] } });
  expect((await rig.decide(carol, 'approve', id)).status).toBe(403);
  expect((await rig.decide(carol, 'deny', id)).status).toBe(200);
});

describe('a reviewer whose login is too old or too weak', () => {
  const by = [{ allow: { and: [{ groups: 'secops' }, { acr: 'phr' }] } }];
  const breakGlass = {
    name: 'break-glass',
    clusters: ['*'],
    groups: ['admins'],
    requesters: { groups: ['developers'] },
  };
  const withReview = (more: object) => ({
    ...elevationsConfig,
    elevations: [{ ...breakGlass, review: { by }, ...more }],
  });
  const begin = async (more: object) => {
    await rig.close();
    rig = await startElevationRig({ config: withReview(more) });
    alice = await rig.logInAs('alice', 'developers');
    return (await rig.request(alice, { name: 'break-glass' })).id;
  };

  it('ends nothing, and learns which login it takes', async () => {
    const id = await begin({ approvals: 0 });
    const weak = await logIn('rita', ['secops'], 10, 'pwd');
    expect(await rig.view(weak, { action: 'show', id })).toMatchObject({
      may: [],
      state: 'active',
      freshLogin: { acrValues: ['phr'] },
    });
    const { status, body } = await rig.decide(weak, 'revoke', id);
    expect([status, body['detail']]).toEqual([403, expect.stringContaining('--max-age 0s --acr phr"')]);
    expect(await statuses(weak, id)).toEqual([403, 403, 403, 403, 403]);
    expect((await rig.elevation(weak, { action: 'review', id, asked: { comment: 'fine' } })).status).toBe(403);
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'active' });
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
  });

  it('ends it after that login', async () => {
    const id = await begin({ approvals: 0 });
    expect((await rig.decide(await logIn('rita', ['secops'], 10, 'phr'), 'revoke', id)).status).toBe(200);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });

  it('decides nothing about a request, which no login would let them do', async () => {
    const id = await begin({ approvers: { groups: ['sre'] } });
    const weak = await logIn('rita', ['secops'], 10, 'pwd');
    expect(await statuses(weak, id)).toEqual([403, 403, 403, 403, 403]);
    expect((await rig.decide(weak, 'deny', id)).body['detail']).toMatch(/may not deny/);
    expect(await rig.view(alice, { action: 'show', id })).toMatchObject({ state: 'pending', approvals: [] });
  });
});
