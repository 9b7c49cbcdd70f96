import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevationPlanSchema } from '@sallyport/contracts';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { checkOf, kubernetes, loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
beforeEach(async () => {
  rig = await startElevationRig();
});
afterEach(() => rig.close());

const asked = { name: 'prod-admin', cluster: 'prod-eu' };
const requests = ['get', 'delete'].map((verb) => ({
  method: verb === 'get' ? 'GET' : 'DELETE',
  kubernetes: kubernetes({ verb, requestVerb: verb, name: 'web' }),
}));
async function preview(token: string, about: object = asked) {
  const check = checkOf(token, { kind: 'cluster', name: 'prod-eu' });
  const headers = { authorization: await rig.credential() };
  const body = JSON.stringify({ check, asked: about, requests });
  const response = await fetch(`${rig.url}/v1/elevation-preview`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('a preview', () => {
  it('says what the elevation would add and who approves, and changes nothing', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    const { status, body } = await preview(alice);
    expect(status).toBe(200);
    expect(elevationPlanSchema.parse(body)).toEqual({
      ...asked,
      groups: ['admins'],
      maxDurationMs: 3_600_000,
      approvalsNeeded: 1,
      approverGroups: ['sre', 'developers'],
      impersonation: expect.objectContaining({ user: 'alice@example.com', groups: ['developers'] }),
      allowed: [true, true],
    });
    expect(await rig.list(alice, true)).toEqual([]);
    expect(rig.published).toEqual([]);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
  });

  it('says what the policy would refuse with it too, and adds no group that is there already', async () => {
    const [entry] = elevationsConfig.elevations;
    const elevations = [{ ...entry, groups: ['auditors', 'developers'] }];
    rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations })).snapshot);
    expect((await preview(await rig.logInAs('alice', 'developers'))).body).toMatchObject({
      groups: ['auditors'],
      allowed: [true, false],
    });
  });

  it('does not show a policy that says who approves', async () => {
    const [entry] = elevationsConfig.elevations;
    const approvers = [{ allow: { and: [{ groups: 'sre' }, { email: 'boss@example.com' }] } }];
    rig.policies.swap(
      compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations: [{ ...entry, approvers }] })).snapshot,
    );
    const { body } = await preview(await rig.logInAs('alice', 'developers'));
    expect(body['approverGroups']).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain('boss');
  });

  it('is refused in the same words for what the caller may not ask for and for what does not exist', async () => {
    const bob = await rig.logInAs('bob', 'sre');
    const hidden = await preview(bob);
    const missing = await preview(bob, { ...asked, name: 'no-such' });
    expect([hidden.status, missing.status]).toEqual([403, 403]);
    expect(JSON.stringify(hidden.body).replaceAll('prod-admin', 'no-such')).toBe(JSON.stringify(missing.body));
    const alice = await rig.logInAs('alice', 'developers');
    expect((await preview(alice, { name: 'prod-admin', cluster: 'dev' })).status).toBe(403);
    expect((await preview(alice, { name: 'one-namespace', cluster: 'dev' })).status).toBe(400);
    expect((await preview('spt_unknown')).status).toBe(401);
  });
});
