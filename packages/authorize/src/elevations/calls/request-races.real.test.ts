import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createSessionStores } from '@sallyport/stores';
import { describeOnRedis, prepareRedisServer, sessionsSchemaFor, type RedisServer } from '@sallyport/stores/testing';
import { createLoggerRig } from '../../testing/authorize-rig.ts';
import { breakGlass, elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

describeOnRedis('requests of one person at the same time on two replicas', () => {
  let server: RedisServer;
  let rigs: ElevationRig[];
  let tokens: string[];
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    server = await prepareRedisServer();
    await server.start();
    rigs = [];
    for (const _replica of [1, 2]) {
      const { logger } = createLoggerRig();
      const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` });
      const stores = await createSessionStores(config, { logger, now: Date.now });
      const rig = await startElevationRig({
        config: { ...elevationsConfig, elevations: [breakGlass] },
        store: stores.elevations,
      });
      closers.push(stores.close, rig.close);
      rigs.push(rig);
    }
    tokens = await Promise.all(rigs.map((rig) => rig.logInAs('alice', 'developers')));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
    await server.stop();
  });
  const ask = (replica: number, namespace: string) =>
    rigs[replica]!.elevation(tokens[replica]!, {
      action: 'request',
      asked: { name: 'break-glass', cluster: 'prod-eu', namespace, durationMs: 600_000, reason: 'the shop is down' },
    });
  const active = async () => (await rigs[0]!.store.latest(200)).filter(({ state }) => state === 'active').length;

  it('are one elevation if they are for the same', async () => {
    const answers = await Promise.all([0, 1, 0, 1].map((replica) => ask(replica, 'dev')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => (body['elevation'] as { id: string }).id)).size).toBe(1);
    expect(await active()).toBe(1);
  });

  it('do not exceed the limit of open ones', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_none, index) => ask(index % 2, `n${index}`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    const given = answers.filter(({ status }) => status === 200).length;
    expect(given).toBeGreaterThan(1);
    expect(given).toBeLessThanOrEqual(20);
    expect(await active()).toBe(given);
  });
});
