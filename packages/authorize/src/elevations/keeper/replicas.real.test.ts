import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSessionStores } from '@sallyport/stores';
import {
  describeOnRedis,
  sessionsSchemaFor,
  startRedisReplication,
  type RedisReplication,
} from '@sallyport/stores/testing';
import { createLoggerRig } from '../../testing/authorize-rig.ts';
import { startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

describeOnRedis('elevations and a failover of Redis', () => {
  let servers: RedisReplication;
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    servers = await startRedisReplication();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
    await servers.stop();
  });
  /** Starts a replica of authorize on a Redis that must have a replica, which a busy machine may keep waiting. */
  const start = async (port: number, more: object = { waitForReplicas: { count: 1, timeout: '1500ms' } }) => {
    const { logger } = createLoggerRig();
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}`, ...more });
    const stores = await createSessionStores(config, { logger, now: Date.now });
    const rig = await startElevationRig({ store: stores.elevations });
    closers.push(stores.close, rig.close);
    return rig;
  };
  const logIn = async (rig: ElevationRig) =>
    [await rig.logInAs('alice', 'developers'), await rig.logInAs('bob', 'sre')] as const;
  const stateAfterFailover = async (id: string) => {
    await servers.master.stop();
    servers.replica.thaw();
    await servers.promote();
    const after = await start(servers.replica.port, {});
    const [alice] = await logIn(after);
    const { effect } = (await after.tryDelete(alice)).decision;
    return { state: (await after.view(alice, { action: 'show', id })).state, effect };
  };

  describe('with waitForReplicas', () => {
    it('a revocation that was acknowledged is still one on the new master', async () => {
      const rig = await start(servers.master.port);
      const [alice, bob] = await logIn(rig);
      const { id } = await rig.request(alice);
      expect(await rig.view(bob, { action: 'approve', id, asked: {} })).toMatchObject({ state: 'active' });
      expect((await rig.tryDelete(alice)).decision.effect).toBe('allow');
      expect((await rig.decide(alice, 'revoke', id)).status).toBe(200);
      expect(await stateAfterFailover(id)).toEqual({ state: 'revoked', effect: 'deny' });
    });

    it('an approval without the replica is answered with 503, and its repetition is one approval', async () => {
      const rig = await start(servers.master.port);
      const [alice, bob] = await logIn(rig);
      const { id } = await rig.request(alice);
      servers.replica.freeze();
      const first = await rig.decide(bob, 'approve', id);
      expect([first.status, first.body['detail']]).toEqual([503, expect.stringContaining('may or may not')]);
      expect((await rig.tryDelete(alice)).decision.effect).toBe('deny');
      servers.replica.thaw();
      await servers.settled();
      expect(await rig.view(bob, { action: 'approve', id, asked: {} })).toMatchObject({
        state: 'active',
        approvals: [{ user: 'bob@example.com' }],
      });
      // An event may be published again, with the same id, by which consumers know it.
      const types = new Map(rig.published.map(({ id, type }) => [id, type]));
      expect([...types.values()]).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
      expect(await stateAfterFailover(id)).toEqual({ state: 'active', effect: 'allow' });
    });
  });
});
