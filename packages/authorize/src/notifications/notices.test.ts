import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Notice } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { loadedConfig } from '../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../testing/elevation-rig.ts';
import { checkNotifications } from './check-notifications.ts';
import { describeFailedNotice } from './notice-events.ts';

const hook = (name: string, more: object = {}) => ({
  name,
  slack: { url: `https://hooks.example.com/${name}` },
  ...more,
});
const [first, ...others] = elevationsConfig.elevations;
const config = {
  ...elevationsConfig,
  elevations: [{ ...first, notify: ['ops', 'asks'] }, ...others],
  notifications: [hook('ops'), hook('asks', { events: ['elevation.requested'] }), hook('loud')],
};

let rig: ElevationRig;
let [alice, bob, auditor]: string[] = [];
beforeEach(async () => {
  rig = await startElevationRig({ config });
  [alice, bob] = [await rig.logInAs('alice', 'developers'), await rig.logInAs('bob', 'sre')];
  auditor = await rig.logInAs('carol', 'auditors');
});
afterEach(() => rig.close());

const noticesOf = async (id: string, channel = 'ops'): Promise<Notice[]> =>
  (await rig.store.notices.read(channel, id))!.notices.filter(({ channels }) => channels.includes(channel));
const typesOf = async (id: string, channel?: string) => (await noticesOf(id, channel)).map(({ type }) => type);

describe('the notices of an elevation', () => {
  it('are those of its steps, with the ids of the audit events, for the channels of its entry', async () => {
    const { id } = await rig.request(alice!);
    await rig.view(bob!, { action: 'approve', id, asked: { reason: 'go' } });
    await rig.view(bob!, { action: 'revoke', id, asked: {} });
    expect(await typesOf(id)).toEqual([
      'elevation.requested',
      'elevation.approved',
      'elevation.activated',
      'elevation.revoked',
    ]);
    const notices = await noticesOf(id);
    expect(notices.map((notice) => notice.id)).toEqual(rig.published.map((event) => event.id));
    expect(notices[1]).toMatchObject({
      by: 'bob@example.com',
      detail: 'go',
      elevation: { user: 'alice@example.com', approvers: ['bob@example.com'], reason: 'the shop is down' },
    });
    expect(JSON.stringify(notices)).not.toContain('sub-');
    expect(await typesOf(id, 'asks')).toEqual(['elevation.requested']);
    expect(await typesOf(id, 'loud')).toEqual([]);
  });

  it('say that a right begins only when it does', async () => {
    const { id } = await rig.request(alice!);
    rig.log.away = true;
    expect(await rig.decide(bob!, 'approve', id)).toMatchObject({ status: 503 });
    expect(await typesOf(id)).toEqual(['elevation.requested', 'elevation.approved']);
    rig.log.away = false;
    rig.advance(5000);
    await until(async () => (await typesOf(id)).length >= 3);
    expect(await typesOf(id)).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
  });

  it('go to every channel without "notify", and of a refused step there is none', async () => {
    const { id } = await rig.request(alice!, { name: 'one-namespace', namespace: 'shop' });
    expect(await typesOf(id, 'loud')).toEqual(['elevation.requested', 'elevation.activated']);
    expect(await rig.decide(alice!, 'withdraw', id)).toMatchObject({ status: 409 });
    expect(await typesOf(id, 'loud')).toHaveLength(2);
  });
});

describe('the list of notifications', () => {
  it('is for those whom api.policy.elevations allows alone', async () => {
    const { id } = await rig.request(alice!);
    for (const token of [alice!, bob!])
      for (const action of [{ action: 'notices' }, { action: 'resend', asked: {} }])
        expect(await rig.elevation(token, action)).toMatchObject({ status: 403 });
    const { status, body } = await rig.elevation(auditor!, { action: 'notices' });
    expect([status, body]).toMatchObject([
      200,
      { omitted: 0, notifications: [{ state: 'waiting', elevation: { id, user: 'alice@example.com' } }, {}] },
    ]);
    expect(JSON.stringify(body)).not.toContain('hooks.example.com');
    expect(await rig.elevation(auditor!, { action: 'resend', asked: {} })).toMatchObject({ body: { resent: 0 } });
    expect(await rig.elevation(auditor!, { action: 'resend', asked: { nope: 1 } })).toMatchObject({ status: 400 });
  });
});

describe('the event of a notification that was given up', () => {
  it('has the same id each time, and another one if it was sent again', async () => {
    const { id } = await rig.request(alice!);
    const [notice] = await noticesOf(id);
    const failure = { channel: 'ops', notice: notice!, at: 5000, tries: 9, reason: 'it answered 500', round: 0 };
    const [one, same, next] = [failure, failure, { ...failure, round: 5 }].map((each) => describeFailedNotice(each));
    expect(one).toMatchObject({
      type: 'notification.failed',
      data: {
        sallyport: {
          detail: 'it answered 500',
          elevation: { id, name: 'prod-admin', user: 'alice@example.com' },
          notification: { channel: 'ops', eventId: notice!.id, tries: 9, type: 'elevation.requested' },
        },
      },
    });
    expect(same).toEqual(one);
    expect(Date.parse(one!.time)).toBe(5000);
    expect(next!.id).not.toBe(one!.id);
  });
});

describe('the check of notifications', () => {
  const faultsOf = (more: object) =>
    checkNotifications(loadedConfig({ ...config, ...more })).map(({ path, message, hint }) => [path, message, hint]);
  const entries = (...notify: (string[] | undefined)[]) => ({
    elevations: [first, ...others].map((entry, index) => ({ ...entry, notify: notify[index] })),
  });

  it('finds no fault in channels that exist', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ notifications: [], ...entries() })).toEqual([]);
  });

  it('names a channel that does not exist, and the one that was meant', () => {
    expect(faultsOf(entries(['opps', 'pager']))).toEqual([
      ['elevations.0.notify.0', 'names the channel opps, which does not exist', 'did you mean ops?'],
      ['elevations.0.notify.1', 'names the channel pager, which does not exist', expect.stringContaining('add it to')],
    ]);
  });

  it.each([[[]], [['asks']]])('refuses to let an elevation begin silently: %j', (notify) => {
    expect(faultsOf(entries(undefined, notify))).toEqual([
      [
        'elevations.1.notify',
        expect.stringContaining('tells no channel when'),
        expect.stringContaining('elevation.activated'),
      ],
    ]);
  });

  it('finds the file of an authority that cannot be read', () => {
    const missing = { ...hook('ops'), slack: { url: 'https://hooks.example.com', caFile: '/nowhere.crt' } };
    expect(faultsOf({ notifications: [missing, hook('asks')] })).toEqual([
      ['notifications.0.slack.caFile', expect.stringContaining('cannot be read'), expect.anything()],
    ]);
  });
});
