import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { createDurableWriter } from '../redis/durable-writer.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { describeNameStore } from '../testing/name-store.conformance.ts';
import { useRedisPair } from '../testing/redis-pair.ts';
import { startRedisReplication } from '../testing/redis-replication.ts';
import { prepareRedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { wait } from '../testing/wait.ts';
import { createRedisNameStore } from './create-redis-name-store.ts';

const deps = { logger: pino({ level: 'silent' }) };
const alice = { uid: 'a'.repeat(43), user: 'alice@example.com' };
const bob = { uid: 'b'.repeat(43), user: 'bob@example.com' };

describeOnRedis('a store of names', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });
  /** Connects, and waits until the server answers. */
  const connectTo = async (port: number): Promise<RedisConnection> => {
    const redis = await connectRedis(sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}` }), deps);
    closers.push(() => redis.close());
    const answers = () =>
      redis.client.ping().then(
        () => true,
        () => false,
      );
    await until(answers);
    return redis;
  };
  const writerOf = (port: number, timeout: number) => {
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}` });
    const writer = createDurableWriter({ ...config, waitForReplicas: { count: 1, timeout } }, deps);
    closers.push(() => writer.close());
    return writer;
  };
  const pair = useRedisPair();
  let run = 0;
  describeNameStore('Redis', async () => {
    run += 1;
    const clock = { now: Date.now() };
    const [store, replica] = pair
      .connections()
      .map((redis) => createRedisNameStore({ redis, now: () => clock.now, keyPrefix: `test${run}` }));
    return { store: store!, replica: replica!, clock };
  });

  describe('a name in Redis', () => {
    it('never expires', async () => {
      const [redis] = pair.connections();
      await createRedisNameStore({ redis, now: Date.now, keyPrefix: 'expiry' }).hold('deployer', alice);
      const keys = (await redis.client.call('KEYS', 'expiry:*')) as string[];
      expect(await Promise.all(keys.map((key) => redis.client.pttl(key)))).toEqual([-1]);
    });

    it('leaves nothing behind when it is released', async () => {
      const [redis] = pair.connections();
      const store = createRedisNameStore({ redis, now: Date.now, keyPrefix: 'released' });
      await store.hold('deployer', alice);
      await store.release('deployer', alice.uid);
      expect(await redis.client.call('KEYS', 'released:*')).toEqual([]);
    });

    it('stays held although what is stored cannot be read', async () => {
      const [redis] = pair.connections();
      const store = createRedisNameStore({ redis, now: Date.now, keyPrefix: 'broken' });
      await redis.client.hset('broken:service-account-names', 'name:deployer', '{"uid":7}');
      expect(await store.hold('deployer', alice)).toBe('of-another');
      expect(await store.list()).toEqual([{ name: 'deployer', uid: '', user: '', since: 0 }]);
    });

    it('survives a Redis that is killed and starts again', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-names-'));
      closers.push(async () => rmSync(directory, { recursive: true, force: true }));
      const server = await prepareRedisServer([`dir ${directory}`, 'appendonly yes', 'appendfsync always']);
      await server.start();
      closers.push(() => server.stop());
      const before = await connectTo(server.port);
      await createRedisNameStore({ redis: before, now: Date.now }).hold('deployer', alice);
      await server.stop();
      await server.start();
      const after = await connectTo(server.port);
      expect(await createRedisNameStore({ redis: after, now: Date.now }).hold('deployer', bob)).toBe('of-another');
    });

    it('that was acknowledged survives a failover, also one that another connection wrote', async () => {
      const servers = await startRedisReplication();
      closers.push(() => servers.stop());
      const redis = await connectTo(servers.master.port);
      const writer = writerOf(servers.master.port, 8000);
      const store = createRedisNameStore({ redis, now: Date.now, writer });
      // The connection of the writer exists, and has nothing to wait for.
      await store.hold('other', alice);
      await servers.settled();
      servers.replica.freeze();
      await createRedisNameStore({ redis, now: Date.now }).hold('deployer', alice);
      const held = store.hold('deployer', alice);
      await wait(150);
      servers.replica.thaw();
      expect(await held).toBe('held');
      await servers.master.stop();
      await servers.promote();
      const after = await connectTo(servers.replica.port);
      expect(await createRedisNameStore({ redis: after, now: Date.now }).hold('deployer', bob)).toBe('of-another');
    });

    it('is not acknowledged while replicas are missing', async () => {
      const [redis] = pair.connections();
      const writer = writerOf(pair.server().port, 200);
      const store = createRedisNameStore({ redis, now: Date.now, writer, keyPrefix: 'alone' });
      await expect(store.hold('deployer', alice)).rejects.toMatchObject({ code: 'sessions-unavailable' });
    });
  });
});
