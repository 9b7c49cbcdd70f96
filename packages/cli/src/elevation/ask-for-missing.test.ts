import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevation } from '../testing/elevation.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const option = {
  name: 'prod-admin',
  groups: ['prod-admins'],
  maxDurationMs: 3_600_000,
  approvalsNeeded: 1,
  reason: 'required',
  ticket: { required: true, pattern: 'INC-*' },
  places: [{ cluster: 'prod', namespaces: ['shop'] }, { cluster: 'stage' }],
};

let rig: Rig;
let gateway: FakeGateway;
let sent: object[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', gateway.origin);
  sent = [];
  gateway.override = ({ method, path, body }) => {
    if (path.endsWith('/elevations/options')) return { status: 200, body: { options: [option], omitted: 0 } };
    if (!path.startsWith('/.sallyport/api/v1/elevations')) return undefined;
    if (method === 'POST') sent.push(JSON.parse(body) as object);
    return { status: 200, body: { elevation: elevation() } };
  };
});
afterEach(async () => {
  rig.remove();
  await gateway.close();
});

/** Types lines at a terminal, which then ends. */
function type(...lines: string[]): void {
  rig.environment.stdin = Object.assign(Readable.from(lines.map((line) => Buffer.from(`${line}\n`))), { isTTY: true });
  rig.environment.stderr = { ...rig.environment.stderr, isTTY: true };
}

describe('sallyport elevate at a terminal', () => {
  it('asks for what is missing, offers the clusters and the usual time, and takes only an answer that can be', async () => {
    type('nowhere', 'prod', 'shop', '', 'the shop is down', 'INC-7');
    const { code, err } = await rig.run('elevate', 'prod-admin', '--no-wait');
    expect(code).toBe(0);
    expect(err).toContain('Cluster (prod, stage): Cluster (prod, stage): Namespace: For how long, at most 1h [30m]: ');
    expect(sent).toEqual([
      {
        name: 'prod-admin',
        cluster: 'prod',
        namespace: 'shop',
        durationMs: 1_800_000,
        reason: 'the shop is down',
        ticket: 'INC-7',
      },
    ]);
  });

  it('asks for nothing that is given', async () => {
    type();
    const given = ['--cluster', 'stage', '--for', '5m', '--reason', 'r', '--ticket', 'INC-7', '--no-wait'];
    const { code, err } = await rig.run('elevate', 'prod-admin', ...given);
    expect([code, err]).toEqual([0, '']);
    expect(sent).toHaveLength(1);
  });

  it('asks for nothing of the gateway if the input ends', async () => {
    type('stage');
    expect(await rig.run('elevate', 'prod-admin', '--no-wait')).toMatchObject({
      code: 2,
      err: expect.stringContaining('nothing was done'),
    });
    expect(sent).toEqual([]);
  });
});
