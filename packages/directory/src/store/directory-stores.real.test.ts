import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '@sallyport/stores';
import {
  describeOnRedis,
  prepareRedisServer,
  sessionsSchemaFor,
  stateForTests,
  type RedisServer,
} from '@sallyport/stores/testing';
import { describeDirectoryStore } from '../testing/directory-store.conformance.ts';
import { createRedisDirectoryStore } from './create-directory-store.ts';
import { createMemoryDirectoryStore } from './create-memory-directory-store.ts';
import type { DirectoryEntry } from './directory-store.ts';

const logger = pino({ level: 'silent' });
const entry = (id: string): DirectoryEntry => ({
  id,
  keys: [`name:${id}`],
  active: true,
  body: {},
  version: 1,
  createdAt: 0,
  changedAt: 0,
});

describeDirectoryStore('memory', async () => {
  const clock = { now: 1_800_000_000_000 };
  const store = createMemoryDirectoryStore({ now: () => clock.now });
  return { store, replica: store, clock };
});

const openTables = stateForTests();
describeDirectoryStore('embedded', async () => {
  const clock = { now: 1_800_000_000_000 };
  const store = createMemoryDirectoryStore({ now: () => clock.now, tables: await openTables() });
  return { store, replica: store, clock };
});

describe('a directory in memory', () => {
  it('limits the number of entries', async () => {
    const store = createMemoryDirectoryStore({ now: () => 0, max: 2 });
    for (const id of ['a', 'b']) await store.put('s', 'people', entry(id), { expected: undefined });
    await expect(store.put('s', 'people', entry('c'), { expected: undefined })).rejects.toMatchObject({
      code: 'sessions-unavailable',
    });
    expect(await store.put('s', 'people', { ...entry('a'), version: 2 }, { expected: 1 })).toBe('written');
  });
});

function describeOn(backend: string, prepare: () => Promise<{ servers: RedisServer[]; config: object }>): void {
  describe(`with ${backend}`, () => {
    let servers: RedisServer[];
    let connections: RedisConnection[];
    let prompt: RedisConnection;
    beforeAll(async () => {
      const prepared = await prepare();
      servers = prepared.servers;
      const config = sessionsSchemaFor(prepared.config);
      connections = [await connectRedis(config, { logger }), await connectRedis(config, { logger })];
      prompt = await connectRedis(sessionsSchemaFor(prepared.config, { deadlines: undefined }), { logger });
    });
    afterAll(async () => {
      for (const connection of [...connections, prompt]) await connection.close();
      for (const server of servers) await server.stop();
    });
    describeDirectoryStore(backend, async () => {
      const clock = { now: Date.now() };
      const keyPrefix = `test-${randomUUID()}`;
      const [store, replica] = connections.map((redis) =>
        createRedisDirectoryStore({ redis, now: () => clock.now, keyPrefix }),
      );
      return { store: store!, replica: replica!, clock };
    });
    it('reports within a second that it cannot be reached', async () => {
      const store = createRedisDirectoryStore({ redis: prompt, now: Date.now });
      for (const server of servers) server.freeze();
      const started = performance.now();
      for (const call of [
        store.put('s', 'people', entry('a'), { expected: undefined }),
        store.get('s', 'people', ['a']),
        store.groupIds('s', 'a'),
        store.takeTouched('s', 1, 1),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'sessions-unavailable' });
      }
      expect(performance.now() - started).toBeLessThan(20_000);
      for (const server of servers) server.thaw();
    });
  });
}

async function oneRedis() {
  const server = await prepareRedisServer();
  await server.start();
  return { servers: [server], config: { redis: `redis://127.0.0.1:${server.port}` } };
}

async function clusterOfTwo() {
  const servers = [];
  for (let n = 0; n < 2; n += 1) {
    const server = await prepareRedisServer(['cluster-enabled yes', 'cluster-node-timeout 2000']);
    await server.start();
    servers.push(server);
  }
  const clients = servers.map(({ port }) => new Redis(port, '127.0.0.1'));
  await clients[0]!.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
  await clients[1]!.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
  await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(servers[1]!.port));
  const isUp = async () =>
    (await Promise.all(clients.map((client) => client.call('CLUSTER', 'INFO')))).every((text) =>
      String(text).includes('cluster_state:ok'),
    );
  await until(isUp);
  for (const client of clients) client.disconnect();
  return {
    servers,
    config: {
      redis: `redis://127.0.0.1:${servers[0]!.port}`,
      nodes: [`127.0.0.1:${servers[1]!.port}`],
      mode: 'cluster',
    },
  };
}

describeOnRedis('a directory', () => {
  describeOn('one Redis', oneRedis);
  describeOn('a Redis cluster of two', clusterOfTwo);
});
