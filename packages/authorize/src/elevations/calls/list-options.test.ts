import { afterEach, describe, expect, it } from '@jest/globals';
import { elevationOptionsSchema, type ElevationOption } from '@sallyport/contracts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
afterEach(() => rig.close());

async function optionsOf(token: string): Promise<ElevationOption[]> {
  const { status, body } = await rig.elevation(token, { action: 'options' });
  expect(status).toBe(200);
  return elevationOptionsSchema.parse(body).options;
}
const entry = (more: object) => ({
  name: 'some',
  clusters: ['*'],
  groups: ['admins'],
  requesters: { groups: ['developers'] },
  approvals: 0,
  ...more,
});
async function startWith(...elevations: object[]) {
  rig = await startElevationRig({ config: { ...elevationsConfig, elevations } });
  return rig.logInAs('alice', 'developers');
}
const places = (options: readonly ElevationOption[]) => options.map((one) => [one.name, one.places]);

describe('what a person may ask for', () => {
  it('has the terms of each entry, and where it can be had', async () => {
    rig = await startElevationRig();
    expect(await optionsOf(await rig.logInAs('alice', 'developers'))).toEqual([
      {
        name: 'prod-admin',
        groups: ['admins'],
        maxDurationMs: 3_600_000,
        approvalsNeeded: 1,
        reason: 'required',
        ticket: { required: false, pattern: 'INC-*' },
        places: [{ cluster: 'prod-eu' }],
      },
      {
        name: 'one-namespace',
        groups: ['admins'],
        maxDurationMs: 3_600_000,
        approvalsNeeded: 0,
        reason: 'optional',
        ticket: { required: false },
        places: [
          { cluster: 'prod-eu', namespaces: ['shop'] },
          { cluster: 'dev', namespaces: ['shop'] },
        ],
      },
    ]);
  });

  it('is nothing of what only others may ask for, nor of those who approve it', async () => {
    rig = await startElevationRig();
    expect(places(await optionsOf(await rig.logInAs('ivan', 'interns')))).toEqual([
      ['prod-admin', [{ cluster: 'prod-eu' }]],
    ]);
    const { body } = await rig.elevation(await rig.logInAs('mallory'), { action: 'options' });
    expect(body).toEqual({ options: [], omitted: 0 });
    expect(JSON.stringify(await optionsOf(await rig.logInAs('ivan', 'interns')))).not.toMatch(/sre|one-namespace|dev/);
  });

  it('is only where the policy of the entry allows it', async () => {
    const onlyDev = [{ allow: { and: [{ groups: 'developers' }, { 'k8s/cluster': 'dev' }] } }];
    const onlyShop = [{ allow: { and: [{ groups: 'developers' }, { 'k8s/namespace': 'shop' }] } }];
    const alice = await startWith(
      entry({ requesters: onlyDev }),
      entry({ name: 'shops', namespaces: ['shop', 'bank', 'shop-*'], requesters: onlyShop }),
    );
    expect(places(await optionsOf(alice))).toEqual([
      ['some', [{ cluster: 'dev' }]],
      [
        'shops',
        [
          { cluster: 'prod-eu', namespaces: ['shop'] },
          { cluster: 'dev', namespaces: ['shop'] },
        ],
      ],
    ]);
  });

  it('can be asked for, each', async () => {
    const alice = await startWith(
      entry({}),
      entry({ name: 'shops', namespaces: ['shop', 'pay-*'], ticket: 'required' }),
    );
    for (const { name, places: all } of await optionsOf(alice))
      for (const { cluster, namespaces = [undefined] } of all)
        for (const namespace of namespaces)
          expect(
            await rig.view(alice, {
              action: 'request',
              asked: {
                name,
                cluster,
                durationMs: 60_000,
                reason: 'r',
                ticket: 'T',
                ...(namespace === undefined ? {} : { namespace: namespace.replace('*', 'eu') }),
              },
            }),
          ).toMatchObject({ state: 'active' });
  });

  it('counts what does not fit', async () => {
    const [cluster] = elevationsConfig.clusters;
    const clusters = Array.from({ length: 6 }, (_none, at) => ({ ...cluster, name: `c${at}` }));
    const elevations = Array.from({ length: 200 }, (_none, at) => entry({ name: `some-${at}` }));
    rig = await startElevationRig({ config: { ...elevationsConfig, clusters, elevations } });
    const { body } = await rig.elevation(await rig.logInAs('alice', 'developers'), { action: 'options' });
    const { options, omitted } = elevationOptionsSchema.parse(body);
    expect([options.length, omitted]).toEqual([167, 200]);
  });

  it('needs a session', async () => {
    rig = await startElevationRig();
    expect((await rig.elevation('spt_unknown', { action: 'options' })).status).toBe(401);
  });
});
