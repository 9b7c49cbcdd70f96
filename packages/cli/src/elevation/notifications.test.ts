import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const row = {
  channel: 'oncall',
  state: 'failed',
  event: '0b6f3c1e-0000-8000-8000-000000000001',
  type: 'elevation.requested',
  at: 0,
  elevation: {
    id: '5f0c6a1e-0000-4000-8000-000000000001',
    name: 'prod-admin',
    cluster: 'prod',
    user: 'alice\u001b[2J@example.com',
  },
  tries: 9,
  reason: 'it answered 404',
};

let rig: Rig;
let gateway: FakeGateway;
let listed: object[];
let sent: string[];
beforeEach(async () => {
  rig = createRig();
  gateway = await startFakeGateway();
  listed = [row];
  sent = [];
  expect(await rig.run('login', gateway.origin)).toMatchObject({ code: 0 });
  gateway.override = ({ method, path, body }) => {
    if (path === '/.sallyport/api/v1/notifications' && method === 'GET')
      return { status: 200, body: { notifications: listed, omitted: 2 } };
    if (path !== '/.sallyport/api/v1/notifications/resend' || method !== 'POST') return undefined;
    sent.push(body);
    return { status: 200, body: { resent: listed.length } };
  };
});
afterEach(async () => {
  rig.remove();
  await gateway.close();
});

describe('sallyport notifications', () => {
  it('lists what was not taken and why, with nothing that moves the cursor', async () => {
    const { code, out, err } = await rig.run('notifications', 'list');
    expect([code, err]).toEqual([0, '2 older ones are not listed.\n']);
    expect(out).toMatch(/^CHANNEL +STATE +STEP +ABOUT/);
    expect(out).toMatch(/oncall +failed +requested +prod-admin on prod .* 9 +it answered 404/);
    expect(out).not.toContain('\u001b[2J');
    listed = [];
    expect((await rig.run('notifications', 'list')).err).toContain('Every notification was sent.\n');
  });

  it('lists those about service accounts', async () => {
    const { elevation: _elevation, ...rest } = row;
    const serviceAccount = { id: '5f0c6a1e-0000-4000-8000-000000000002', name: 'deployer', maker: 'alice@example.com' };
    listed = [{ ...rest, type: 'service_account.expiring', serviceAccount }];
    const { code, out } = await rig.run('notifications', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(/oncall +failed +expiring +service account deployer +alice@example\.com/);
  });

  it('prints them as JSON with times that people can read', async () => {
    const { out } = await rig.run('notifications', 'list', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({
      notifications: [{ ...row, at: '1970-01-01T00:00:00Z' }],
      omitted: 2,
    });
  });

  it('sends again all, those of a channel, or those of an elevation', async () => {
    expect(await rig.run('notifications', 'retry')).toMatchObject({ code: 0, out: '1 are being sent again.\n' });
    await rig.run('notifications', 'retry', '--channel', 'oncall', '--elevation', row.elevation.id);
    expect(sent.map((body) => JSON.parse(body) as unknown)).toEqual([
      {},
      { channel: 'oncall', elevation: row.elevation.id },
    ]);
    listed = [];
    expect((await rig.run('notifications', 'retry')).out).toBe('There is nothing to send again.\n');
  });
});
