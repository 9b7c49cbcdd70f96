import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compileConfigPolicies } from '../../policies/compile-policies.ts';
import { loadedConfig } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
beforeEach(async () => {
  rig = await startElevationRig();
});
afterEach(() => rig.close());

const get = { verb: 'get', requestVerb: 'get', namespace: 'shop', name: 'web' };
const [entry] = elevationsConfig.elevations;
const configure = (...elevations: object[]) =>
  rig.policies.swap(compileConfigPolicies(loadedConfig({ ...elevationsConfig, elevations })).snapshot);

describe('for a request that the cluster has refused', () => {
  it('those that the caller may ask for and that add groups are found, the smallest first', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    configure({ ...entry, name: 'large', groups: ['admins', 'auditors'] }, { ...entry, name: 'small' });
    expect(await rig.candidates(alice, 'prod-eu', get)).toEqual([
      { groups: ['admins'], sentence: expect.stringContaining('run: sallyport elevate small --cluster prod-eu') },
      { groups: ['admins', 'auditors'], sentence: expect.stringContaining('run: sallyport elevate large ') },
    ]);
  });

  it('an entry for namespaces is found for the namespace of the request, and not for a request that has none', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    expect(await rig.candidates(alice, 'dev', get)).toMatchObject([
      { groups: ['admins'], sentence: expect.stringContaining('elevate one-namespace --cluster dev --namespace shop') },
    ]);
    expect(await rig.candidates(alice, 'dev', { ...get, namespace: 'other' })).toEqual([]);
    expect(await rig.candidates(alice, 'dev', { ...get, verb: 'list', namespace: '', name: '' })).toEqual([]);
  });

  it.each([
    ['that others may ask for', { requesters: { groups: ['auditors'] } }],
    ['of another cluster', { clusters: ['test-*'] }],
    ['whose groups do not go to the cluster', { groups: ['cluster-admins', 'system:masters'] }],
    ['whose groups the caller has', { groups: ['developers'] }],
  ])('nothing is found %s', async (_what, more) => {
    configure({ ...entry, ...more });
    expect(await rig.candidates(await rig.logInAs('alice', 'developers'), 'prod-eu', get)).toEqual([]);
  });

  it('nothing is found for what the policy itself refuses, now or with the groups', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    expect(await rig.candidates(alice, 'prod-eu', { ...get, verb: 'delete' })).toEqual([]);
    configure({ ...entry, groups: ['auditors'] });
    expect(await rig.candidates(await rig.logInAs('ivy', 'interns'), 'prod-eu', get)).toEqual([]);
    expect(await rig.candidates(alice, 'nowhere', get)).toEqual([]);
  });

  it('an elevation that is active adds nothing, and one that waits says so', async () => {
    const alice = await rig.logInAs('alice', 'developers');
    const { id } = await rig.request(alice);
    expect(await rig.candidates(alice, 'prod-eu', { ...get, namespace: 'dev' })).toMatchObject([
      {
        sentence: `Your request for prod-admin is waiting for approval (0 of 1). To see it, run: sallyport elevations show ${id}`,
      },
    ]);
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    expect(await rig.candidates(alice, 'prod-eu', { ...get, namespace: 'dev' })).toEqual([]);
  });

  it('nothing is found that the caller may ask for only with the groups of another elevation', async () => {
    configure(entry!, { ...entry, name: 'second', groups: ['auditors'], requesters: { groups: ['admins'] } });
    const alice = await rig.logInAs('alice', 'developers');
    const { id } = await rig.request(alice);
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
    expect(await rig.candidates(alice, 'prod-eu', { ...get, namespace: 'dev' })).toEqual([]);
    const root = await rig.logInAs('root', 'developers', 'admins');
    expect(await rig.candidates(root, 'prod-eu', get)).toMatchObject([{ groups: ['auditors'] }]);
  });

  it('no more than four are found', async () => {
    configure(...Array.from({ length: 10 }, (_, index) => ({ ...entry, name: `e${index}` })));
    expect(await rig.candidates(await rig.logInAs('alice', 'developers'), 'prod-eu', get)).toHaveLength(4);
  });

  it('someone who is not logged in is told nothing', async () => {
    await rig.candidates('spt_unknown', 'prod-eu', get, 401);
  });
});
