import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

let rig: ElevationRig;
let alice: string;
beforeEach(async () => {
  rig = await startElevationRig();
  alice = await rig.logInAs('alice', 'developers');
});
afterEach(() => rig.close());

const ask = (token: string, more: object = {}) =>
  rig.elevation(token, { action: 'request', asked: { ...rig.asked, ...more } });
async function askAndWithdraw(times: number, token = alice) {
  for (let count = 0; count < times; count += 1) {
    const { id } = await rig.request(token);
    expect((await rig.decide(token, 'withdraw', id)).status).toBe(200);
  }
}

describe('asking and withdrawing again and again', () => {
  it('is refused after twenty times, with the time to wait, and tells nobody any more', async () => {
    await askAndWithdraw(20);
    const told = rig.published.length;
    rig.advance(60_000);
    const { status, body, headers } = await ask(alice);
    expect([status, body['code']]).toEqual([429, 'too-many-requests']);
    expect(body['detail']).toMatch(/prod-admin 20 times within 10 minutes.* Ask again in 9 minutes\./);
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBe(body['retryAfterSeconds']);
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(540);
    expect(rig.published).toHaveLength(told);
    rig.advance(seconds * 1000);
    expect((await ask(alice)).status).toBe(200);
  });

  it('counts for each person and each elevation alone', async () => {
    await askAndWithdraw(20);
    expect((await ask(await rig.logInAs('carol', 'developers'))).status).toBe(200);
    expect((await ask(alice, { name: 'one-namespace', namespace: 'shop' })).status).toBe(200);
  });

  it('counts extensions too', async () => {
    const { id } = await rig.request(alice, { durationMs: 3_600_000 });
    await rig.decide(await rig.logInAs('bob', 'sre'), 'approve', id);
    const extend = () =>
      rig.elevation(alice, { action: 'extend', id, asked: { durationMs: 60_000, reason: 'not done yet' } });
    for (let count = 0; count < 20; count += 1) {
      const { elevation } = (await extend()).body as { elevation: { id: string } };
      expect((await rig.decide(alice, 'withdraw', elevation.id)).status).toBe(200);
    }
    expect((await extend()).status).toBe(429);
    expect((await rig.decide(alice, 'revoke', id)).status).toBe(200);
  });

  it('is no obstacle to a request that is open', async () => {
    await askAndWithdraw(19);
    const { id } = await rig.request(alice);
    expect((await rig.request(alice)).id).toBe(id);
  });
});

it('the revocation of an elevation ends its extension, however many requests came after it', async () => {
  const bob = await rig.logInAs('bob', 'sre');
  const { id } = await rig.request(alice, { durationMs: 3_600_000 });
  await rig.decide(bob, 'approve', id);
  const asked = { durationMs: 3_600_000, reason: 'not done yet' };
  const extension = await rig.view(alice, { action: 'extend', id, asked });
  expect((await rig.decide(bob, 'approve', extension.id)).status).toBe(200);
  const [kept] = await rig.store.readAll([extension.id]);
  for (let count = 0; count < 210; count += 1) {
    const over = { ...kept!, id: `over-${count}`, state: 'withdrawn', createdAt: kept!.createdAt + 1 + count } as const;
    await rig.store.create(over, undefined);
  }
  expect((await rig.decide(bob, 'revoke', id)).status).toBe(200);
  expect(await rig.view(alice, { action: 'show', id: extension.id })).toMatchObject({ state: 'revoked' });
  expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
});
