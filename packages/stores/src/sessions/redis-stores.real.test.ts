import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { createRedisProviderTokenStore } from '../provider-tokens/create-redis-provider-token-store.ts';
import { createConfirm } from '../redis/confirm-writes.ts';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { createPlainWriter, mastersOf, type DurableWriter } from '../redis/durable-writer.ts';
import { createRedisSingleUseStore } from '../single-use/create-redis-single-use-store.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { exampleSession } from '../testing/example-session.ts';
import { describeProviderTokenStore } from '../testing/provider-token-store.conformance.ts';
import { prepareRedisServer, type RedisServer } from '../testing/redis-server.ts';
import { describeRightsEnds } from '../testing/rights-ends.conformance.ts';
import { describeSessionExpiry } from '../testing/session-expiry.conformance.ts';
import { describeSessionParents } from '../testing/session-parents.conformance.ts';
import { describeSessionStore } from '../testing/session-store.conformance.ts';
import { describeSessionUpdates } from '../testing/session-updates.conformance.ts';
import { describeSessionUse } from '../testing/session-use.conformance.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { describeSingleUseStore } from '../testing/single-use-store.conformance.ts';
import { wait } from '../testing/wait.ts';
import { createRedisSessionStore } from './create-redis-session-store.ts';

const logger = pino({ level: 'silent' });

/** Registers the suites on the Redis that `config` names, with a second connection as the replica. */
function describeOn(backend: string, config: () => Parameters<typeof connectRedis>[0]): void {
  describe(`on ${backend}`, () => {
    let connections: RedisConnection[];
    let stores: { close(): Promise<void> }[] = [];
    beforeAll(async () => {
      connections = [await connectRedis(config(), { logger }), await connectRedis(config(), { logger })];
    });
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
    });
    afterAll(async () => {
      for (const connection of connections) await connection.close();
    });
    const openSessions = async () => {
      const clock = { now: Date.now() };
      const keyPrefix = `test-${randomUUID()}`;
      const [store, replica] = connections.map((redis) =>
        createRedisSessionStore({ redis, now: () => clock.now, keyPrefix }),
      );
      stores = [store!, replica!];
      return { store: store!, replica: replica!, clock };
    };
    describeSessionStore(backend, openSessions);
    describeSessionUpdates(backend, openSessions);
    describeSessionUse(backend, openSessions);
    describeRightsEnds(backend, openSessions);
    describeSessionExpiry(backend, openSessions);
    describeSessionParents(backend, openSessions);
    describeProviderTokenStore(backend, async () => {
      const clock = { now: Date.now() };
      const keyPrefix = `test-${randomUUID()}`;
      const [store, replica] = connections.map((redis) =>
        createRedisProviderTokenStore({ redis, now: () => clock.now, keyPrefix }),
      );
      return { store: store!, replica: replica!, clock };
    });
    describeSingleUseStore(backend, async () => ({
      store: createRedisSingleUseStore({ redis: connections[0]!, keyPrefix: `test-${randomUUID()}` }),
      pass: wait,
    }));
  });
}

function describeWithRedis(): void {
  const single = (server: RedisServer) => sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}/1` });

  describe('with one Redis', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await prepareRedisServer();
      await server.start();
    });
    afterAll(() => server.stop());
    describeOn('one Redis', () => single(server));

    it('gives every key an expiry, and puts no id, code or user into a key in the clear', async () => {
      const redis = await connectRedis(single(server), { logger });
      const store = createRedisSessionStore({ redis, now: Date.now, keyPrefix: 'ttl' });
      const one = createRedisSingleUseStore({ redis, keyPrefix: 'ttl' });
      await store.create('hash-1', exampleSession(Date.now(), { id: 'public-id' }));
      await store.create('hash-2', exampleSession(Date.now(), { id: 'other-id' }));
      await store.revoke('other-id', { by: 'x', reason: 'revoked' });
      await one.put('code', 'secret-code', 1, 1000);
      const tokens = createRedisProviderTokenStore({ redis, now: Date.now, keyPrefix: 'ttl' });
      await tokens.keep(
        {
          sessionId: 'public-id',
          provider: 'corp',
          sealed: '1.k.eA',
          createdAt: Date.now(),
          expiresAt: Date.now() + 3_600_000,
          succeededAt: Date.now(),
          failures: 0,
        },
        Date.now(),
      );
      await tokens.hold('public-id', 60_000);
      const raw = new Redis(server.port, '127.0.0.1', { db: 1 });
      const keys = await raw.keys('ttl:*');
      expect(keys.length).toBe(11);
      for (const key of keys) {
        expect(await raw.pttl(key)).toBeGreaterThan(0);
        expect(key).not.toMatch(/public-id|secret-code|alice/);
      }
      expect(await raw.pttl('ttl:{hash-1}:session')).toBeLessThanOrEqual(600_000);
      expect(await raw.pttl('ttl:{hash-2}:session')).toBeGreaterThan(3_500_000);
      raw.disconnect();
      await redis.close();
    });

    it('finds a session that is renewed after a replica with a fast clock took it for ended', async () => {
      const redis = await connectRedis(single(server), { logger });
      let time = Date.now();
      const keyPrefix = `test-${randomUUID()}`;
      const slow = createRedisSessionStore({ redis, now: () => time, keyPrefix });
      const fast = createRedisSessionStore({ redis, now: () => time + 20_000, keyPrefix });
      const login = exampleSession(time, { sid: 'sid-1' });
      const child = exampleSession(time, { parent: { id: login.id, hash: 'login' }, expiresAt: login.expiresAt });
      await slow.create('login', login);
      await slow.create('child', child);
      const { issuer, subject } = login.identity;
      time += login.idleMs - 1000;
      for (const owner of [undefined, { issuer, subject }, { issuer, sid: 'sid-1' }])
        expect(await fast.list(owner)).toEqual([]);
      expect(await fast.revoke(login.id, { by: 'x', reason: 'revoked' })).toBeUndefined();
      await slow.renew('login', login);
      await slow.renew('child', child);
      time += 120_000;
      const ids = [child.id, login.id].toSorted();
      for (const owner of [undefined, { issuer, subject }])
        expect((await fast.list(owner)).map(({ id }) => id).toSorted()).toEqual(ids);
      expect((await fast.list({ issuer, sid: 'sid-1' })).map(({ id }) => id)).toEqual([login.id]);
      expect(await fast.revoke(login.id, { by: 'x', reason: 'revoked' })).toMatchObject({ id: login.id });
      expect((await slow.find(['login', 'child'])).map(({ state }) => state)).not.toContain('live');
      for (const store of [slow, fast]) await store.close();
      await redis.close();
    });

    it('treats a session that it cannot read as unknown', async () => {
      const redis = await connectRedis(single(server), { logger });
      const store = createRedisSessionStore({ redis, now: Date.now, keyPrefix: 'bad' });
      const good = exampleSession(Date.now());
      const texts = [
        '',
        'null',
        '{',
        '[]',
        '{"version":1}',
        JSON.stringify({ ...good, version: 2 }),
        JSON.stringify({ ...good, identity: null }),
        JSON.stringify({ ...good, identity: { ...good.identity, user: '' } }),
        JSON.stringify({ ...good, expiresAt: '9e99' }),
      ];
      for (const text of texts)
        await redis.client.hset(
          `bad:{${texts.indexOf(text)}}:session`,
          'session',
          text,
          'idleEndsAt',
          String(Date.now() + 1000),
        );
      await redis.client.hset('bad:{idle}:session', 'session', JSON.stringify(good), 'idleEndsAt', 'soon');
      expect((await store.find([...texts.keys().map(String), 'idle'])).map((found) => found.state)).toEqual(
        Array(texts.length + 1).fill('unknown'),
      );
      await redis.close();
    });

    it('finds many sessions in few round trips', async () => {
      const redis = await connectRedis(single(server), { logger });
      const store = createRedisSessionStore({ redis, now: Date.now, keyPrefix: 'many' });
      const { stream } = redis.client as unknown as { stream: { write(...args: unknown[]): boolean } };
      const writes = jest.spyOn(stream, 'write');
      await store.find(Array.from({ length: 200 }, (_, n) => `h${n}`));
      expect(writes.mock.calls.length).toBeLessThan(5);
      await redis.close();
    });
  });

  describe('with a Redis cluster of two masters', () => {
    const nodes: RedisServer[] = [];
    beforeAll(async () => {
      for (let n = 0; n < 2; n += 1) {
        const node = await prepareRedisServer(['cluster-enabled yes', 'cluster-node-timeout 2000']);
        await node.start();
        nodes.push(node);
      }
      const clients = nodes.map((node) => new Redis(node.port, '127.0.0.1'));
      await clients[0]!.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
      await clients[1]!.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
      await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', String(nodes[1]!.port));
      const ok = async (client: Redis) => String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(async () => (await Promise.all(clients.map(ok))).every(Boolean));
      for (const client of clients) client.disconnect();
    });
    afterAll(async () => {
      for (const node of nodes) await node.stop();
    });
    describeOn('a Redis cluster', () =>
      sessionsSchemaFor({
        redis: `redis://127.0.0.1:${nodes[0]!.port}`,
        nodes: [`127.0.0.1:${nodes[1]!.port}`],
        mode: 'cluster',
      }),
    );

    it('confirms what each master has', async () => {
      const redis = await connectRedis(sessionsSchemaFor({ redis: `redis-cluster://127.0.0.1:${nodes[0]!.port}` }), {
        logger,
      });
      const marks = () => Promise.all(mastersOf(redis.client).map((master) => master.keys('sallyport:mark:*')));
      let found: number[] = [];
      const writer: DurableWriter = {
        ...createPlainWriter(redis),
        waits: true,
        async write(run) {
          found = (await marks()).map(({ length }) => length);
          return run(redis);
        },
      };
      await createConfirm({ redis, writer })();
      expect(found).toEqual([1, 1]);
      expect(await marks()).toEqual([[], []]);
      await redis.close();
    });
  });
}

describeOnRedis('a session store', describeWithRedis);
