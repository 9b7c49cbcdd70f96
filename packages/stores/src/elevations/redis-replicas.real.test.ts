import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { createDurableWriter, type DurableWriter } from '../redis/durable-writer.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { describeElevationStore, exampleElevation } from '../testing/elevation-store.conformance.ts';
import { describeNoticeOutbox } from '../testing/notice-outbox.conformance.ts';
import { startRedisReplication, type RedisReplication } from '../testing/redis-replication.ts';
import { prepareRedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { wait } from '../testing/wait.ts';
import { checkDurability } from './check-durability.ts';
import { createRedisElevationStore } from './create-redis-elevation-store.ts';
import type { ElevationStore } from './elevation-store.ts';

const deps = { logger: pino({ level: 'silent' }) };
const waitMs = 400;
/** For replicas that are there: a busy machine may keep them waiting. */
const patient = { waitMs: 8000 };
/** A busy machine may take this many times as long as promised. */
const slack = 10;

type Opened = { redis: RedisConnection; writer?: DurableWriter; store: ElevationStore; close(): Promise<void> };
/** Opens a store as a replica of authorize does, with a writer that waits unless told otherwise. */
async function openStore(
  at: { port: number; mode?: string },
  more: { waits?: boolean; prefix?: string; waitMs?: number } = {},
) {
  const { port, mode = 'single' } = at;
  const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}`, mode });
  const waitForReplicas = { count: 1, timeout: more.waitMs ?? waitMs };
  const redis = await connectRedis(config, deps);
  const writer: DurableWriter | undefined =
    (more.waits ?? true) ? createDurableWriter({ ...config, waitForReplicas }, deps) : undefined;
  const store = createRedisElevationStore({
    redis,
    ...(writer ? { writer } : {}),
    ...(more.prefix === undefined ? {} : { keyPrefix: more.prefix }),
  });
  const close = async () => {
    await writer?.close();
    await redis.close();
  };
  return { redis, store, ...(writer ? { writer } : {}), close };
}

describeOnRedis('elevations on a Redis with a replica', () => {
  let servers: RedisReplication;
  const opened: Opened[] = [];
  const open = async (...args: Parameters<typeof openStore>) => {
    const one = await openStore(...args);
    opened.push(one);
    return one;
  };
  const closeAll = async () => {
    for (const one of opened.splice(0)) await one.close();
  };

  describe('with replicas to wait for', () => {
    beforeAll(async () => {
      servers = await startRedisReplication();
    });
    afterAll(async () => {
      await closeAll();
      await servers.stop();
    });
    let run = 0;
    let pair: { store: ElevationStore; replica: ElevationStore };
    const openPair = async () => {
      run += 1;
      await closeAll();
      const prefix = `test${run}`;
      pair = {
        store: (await open(servers.master, { prefix, ...patient })).store,
        replica: (await open(servers.master, { prefix, ...patient })).store,
      };
      return pair;
    };
    describeElevationStore('Redis that waits for a replica', openPair);
    describeNoticeOutbox('Redis that waits for a replica', openPair);
  });

  describe('a failover', () => {
    beforeEach(async () => {
      servers = await startRedisReplication();
    });
    afterEach(async () => {
      await closeAll();
      await servers.stop();
    });
    /** Takes the step of a revocation while the replica lags, and fails over as soon as it is acknowledged. */
    const revokeAndFailOver = async (waits: boolean) => {
      const { store } = await open(servers.master, { waits, ...patient });
      const one = exampleElevation({ state: 'active' });
      await store.create(one, 5);
      await servers.settled();
      servers.replica.freeze();
      if (!waits) await servers.cut('replica');
      const revoked = store.replace({ ...one, revision: 2, state: 'revoked' }, undefined);
      if (waits) {
        await wait(150);
        servers.replica.thaw();
      }
      expect(await revoked).toBe(true);
      await servers.master.stop();
      servers.replica.thaw();
      await servers.promote();
      return (await (await open(servers.replica, { waits: false })).store.read(one.id))?.state;
    };

    it('keeps every step that was acknowledged', async () => {
      expect(await revokeAndFailOver(true)).toBe('revoked');
    });

    it('keeps them in every index and in the log of changes', async () => {
      const { store } = await open(servers.master, patient);
      const all = Array.from({ length: 20 }, () => exampleElevation());
      await Promise.all(all.map((one) => store.create(one, 5)));
      await Promise.all(
        all.slice(0, 10).map((one) => store.replace({ ...one, revision: 2, state: 'denied' }, undefined)),
      );
      const { position } = await store.changesSince(0);
      await servers.master.stop();
      await servers.promote();
      const after = (await open(servers.replica, { waits: false })).store;
      expect((await after.open()).map(({ id }) => id).toSorted()).toEqual(
        all
          .slice(10)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect((await after.latest(50)).filter(({ state }) => state === 'denied')).toHaveLength(10);
      expect((await after.changesSince(0)).position).toBe(position);
    });

    // This is what the setting is for. Without it, the first test of this block would fail.
    it('loses an acknowledged step where nothing waits for the replica', async () => {
      expect(await revokeAndFailOver(false)).toBe('active');
    });

    it('makes every reader read everything again, because numbers of changes can come twice', async () => {
      const { store } = await open(servers.master, patient);
      await store.create(exampleElevation(), 5);
      const { position } = await store.changesSince(0);
      expect(await store.changesSince(position)).toEqual({ position, ids: [] });
      await servers.cut('normal');
      const read = async () => store.changesSince(position).catch(() => undefined);
      let found = await read();
      await until(async () => (found ??= await read()) !== undefined);
      expect(found).toEqual({ position, ids: undefined });
      expect(await store.changesSince(position)).toEqual({ position, ids: [] });
    });
  });

  describe('without its replica', () => {
    let store: ElevationStore;
    let patientStore: ElevationStore;
    let redis: RedisConnection;
    beforeEach(async () => {
      servers = await startRedisReplication();
      ({ store, redis } = await open(servers.master));
      patientStore = (await open(servers.master, patient)).store;
    });
    afterEach(async () => {
      await closeAll();
      await servers.stop();
    });

    it('a step is answered with 503 that says it may have happened, soon, and holds up no read', async () => {
      const [one, other] = [exampleElevation(), exampleElevation()];
      await patientStore.create(one, 5);
      await patientStore.create(other, 5);
      servers.replica.freeze();
      const withdraw = (at: ElevationStore, elevation: typeof one) =>
        at.replace({ ...elevation, revision: 2, state: 'withdrawn' }, undefined);
      const begun = performance.now();
      await expect(withdraw(store, one)).rejects.toMatchObject({
        code: 'sessions-unavailable',
        status: 503,
        detail: expect.stringMatching(/may or may not have happened.*Repeat it/),
      });
      expect(performance.now() - begun).toBeLessThan(slack * 500);
      // The other store waits so long for its step that a read on a busy machine is sooner.
      const step = withdraw(patientStore, other).then(
        () => 'the step first',
        () => 'the step first',
      );
      await wait(100);
      const reading = patientStore.read(other.id).then((read) => read?.state);
      expect(await Promise.race([reading, step])).toBe('withdrawn');
      servers.replica.thaw();
      await step;
    });

    it('nothing can be confirmed, until the replica is back and has caught up', async () => {
      const one = exampleElevation();
      await servers.replica.stop();
      await expect(store.create(one, 5)).rejects.toMatchObject({ status: 503 });
      await expect(store.confirm()).rejects.toMatchObject({ status: 503 });
      await servers.replica.start();
      await servers.settled();
      await until(() => store.confirm().then(() => true));
      await servers.master.stop();
      await servers.promote();
      const after = (await open(servers.replica, { waits: false })).store;
      expect(await after.read(one.id)).toEqual(one);
    });

    it('what a replaced master has is not confirmed by another', async () => {
      const one = exampleElevation();
      await patientStore.create(one, 5);
      const replaced = await open(servers.master, { waits: false });
      const other = await startRedisReplication();
      try {
        const { writer } = await open(other.master, patient);
        const mixed = createRedisElevationStore({ redis: replaced.redis, writer: writer! });
        expect(await mixed.read(one.id)).toEqual(one);
        await expect(mixed.confirm()).rejects.toMatchObject({ status: 503 });
      } finally {
        await closeAll();
        await other.stop();
      }
    });

    it('several writers wait together, not one after the other', async () => {
      // One after the other, these would wait twice as long as a busy machine may take.
      const all = Array.from({ length: 45 }, () => exampleElevation());
      await patientStore.create(exampleElevation(), 5);
      servers.replica.freeze();
      const begun = performance.now();
      const outcomes = await Promise.allSettled(all.map((one) => store.create(one, 5)));
      expect(outcomes.map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
      expect(performance.now() - begun).toBeLessThan(slack * 900);
    });

    it('a connection that is lost while it waits proves nothing', async () => {
      const one = exampleElevation();
      await patientStore.create(one, 5);
      servers.replica.freeze();
      const refused = expect(patientStore.replace({ ...one, revision: 2 }, 5)).rejects.toMatchObject({ status: 503 });
      await wait(100);
      await servers.cut('normal');
      await refused;
    });

    it('a WAIT on another server than the write proves nothing', async () => {
      const slow = (await open(servers.master, { waitMs: 1500 })).writer!;
      await slow.write(({ client }) => client.set('first', 'opens the connection'));
      let answered: unknown;
      const writeAndRestart = async ({ client }: RedisConnection) => {
        await client.set('written', 'and lost');
        // This server keeps nothing on disk. Its replica takes over what it has: nothing.
        await servers.master.stop();
        await servers.master.start();
        await servers.settled();
        answered = await client.wait(1, 500);
      };
      // On a busy machine a restart can take longer than a write may. Then it is refused for that.
      for (let tries = 0; answered !== 1 && tries < 5; tries += 1) {
        let done: Promise<void> | undefined;
        const written = slow.write((on) => (done = writeAndRestart(on)));
        await expect(written).rejects.toMatchObject({ status: 503 });
        await done?.catch(() => undefined);
      }
      expect(answered).toBe(1);
      expect(await redis.client.get('written')).toBeNull();
    });

    it('the check at the start says what is missing, and what to set', async () => {
      const settings = { waitForReplicas: { count: 2, timeout: 400 } };
      const found = (await checkDurability(redis, settings)).join('\n');
      expect(found).toMatch(/1 of the 2 replicas that sessions.waitForReplicas waits for, so every step .* 503/);
      expect(found).toMatch(/set "min-replicas-to-write 2" and "min-replicas-max-lag 10"/);
      expect(found).toMatch(/if it and its replicas restart together.*"appendfsync always"/);
      expect((await checkDurability(redis)).join('\n')).toMatch(/a failover loses .* set sessions.waitForReplicas/);
    });
  });

  describe('that has all that elevations need', () => {
    it('is not warned of', async () => {
      servers = await startRedisReplication(['appendonly yes', 'appendfsync always', 'min-replicas-to-write 1']);
      const { redis } = await open(servers.master);
      expect(await checkDurability(redis, { waitForReplicas: { count: 1, timeout: 400 } })).toEqual([]);
      await closeAll();
      await servers.stop();
    });
  });

  describe('in a cluster', () => {
    const settings = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-announce-ip 127.0.0.1'];

    it('a step waits for the replica of each master', async () => {
      const nodes = [
        await prepareRedisServer([...settings, 'repl-diskless-sync-delay 0']),
        await prepareRedisServer(settings),
      ];
      const [master, replica] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
      for (const node of nodes) await node.start();
      const admins = nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
      const [first, second] = admins as [Redis, Redis];
      try {
        await first.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
        await second.call('CLUSTER', 'MEET', '127.0.0.1', String(master.port));
        const id = (await first.call('CLUSTER', 'MYID')) as string;
        await until(async () => ((await second.call('CLUSTER', 'NODES')) as string).includes(id));
        await second.call('CLUSTER', 'REPLICATE', id);
        await until(async () => (await second.info('replication')).includes('master_link_status:up'));
        await until(async () => ((await first.call('CLUSTER', 'INFO')) as string).includes('cluster_state:ok'));
        const { store } = await open({ port: master.port, mode: 'cluster' }, { waitMs: 3000 });
        const one = exampleElevation();
        await store.create(one, 5);
        expect(await store.replace({ ...one, revision: 2 }, 5)).toBe(true);
        await store.confirm();
        replica.freeze();
        await expect(store.replace({ ...one, revision: 3 }, 5)).rejects.toMatchObject({ status: 503 });
      } finally {
        replica.thaw();
        for (const admin of admins) admin.disconnect();
        await closeAll();
        for (const node of nodes) await node.stop();
      }
    });
  });
});
