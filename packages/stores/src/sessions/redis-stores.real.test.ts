import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { createRedisProviderTokenStore } from '../provider-tokens/create-redis-provider-token-store.ts';
import { createRedisSessionStore } from './create-redis-session-store.ts';
import { createRedisSingleUseStore } from '../single-use/create-redis-single-use-store.ts';
import { createSessionStores } from '../create-session-stores.ts';
import { freePort, hasRedisServer, prepareRedisServer, type RedisServer } from '../testing/redis-server.ts';
import { describeProviderTokenStore } from '../testing/provider-token-store.conformance.ts';
import { describeSessionStore, exampleSession } from '../testing/session-store.conformance.ts';
import { describeSessionUpdates } from '../testing/session-updates.conformance.ts';
import { describeSessionUse } from '../testing/session-use.conformance.ts';
import { describeSingleUseStore } from '../testing/single-use-store.conformance.ts';

const logger = pino({ level: 'silent' });
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const until = async (holds: () => boolean | Promise<boolean>, ms: number) => {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms`);
    await wait(20);
  }
};
const timed = async (work: Promise<unknown>) => {
  const from = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - from };
};

/** Registers both suites on a Redis that `config` reaches, with a second connection as the replica. */
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
  const single = (server: RedisServer, rest: object = {}) =>
    sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}/1`, ...rest });

  describe('with one Redis', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await prepareRedisServer();
      await server.start();
    });
    afterAll(() => server.stop());
    describeOn('one Redis', () => single(server));

    it('leaves no key without an end, and none that holds a token or its hash in clear where the name is an id', async () => {
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
      expect(keys.length).toBe(9);
      for (const key of keys) {
        expect(await raw.pttl(key)).toBeGreaterThan(0);
        expect(key).not.toMatch(/public-id|secret-code|alice/);
      }
      expect(await raw.pttl('ttl:{hash-1}:session')).toBeLessThanOrEqual(600_000);
      expect(await raw.pttl('ttl:{hash-2}:session')).toBeGreaterThan(3_500_000);
      raw.disconnect();
      await redis.close();
    });

    it('takes what it cannot read for unknown', async () => {
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

  describe('when Redis goes away', () => {
    it('fails within a second, tells listeners of the gap and comes back within two seconds of its return', async () => {
      const server = await prepareRedisServer();
      await server.start();
      const { sessions, close } = await createSessionStores(single(server), { logger, now: Date.now });
      let gaps = 0;
      const heard: string[] = [];
      sessions.onGap(() => (gaps += 1));
      sessions.onChange((change) => heard.push(change.sessionId));
      await until(() => gaps === 1, 2000);

      await server.stop();
      for (const call of [
        sessions.find(['a']),
        sessions.create('a', exampleSession(Date.now())),
        sessions.list(),
        sessions.revoke('x', { by: 'x', reason: 'revoked' }),
        sessions.ping(),
      ]) {
        const { error, ms } = await timed(call);
        expect(error).toMatchObject({ code: 'sessions-unavailable', status: 503 });
        expect(ms).toBeLessThan(3000);
      }
      await wait(1500);
      await server.start();
      await until(
        () =>
          sessions.ping().then(
            () => true,
            () => false,
          ),
        2000,
      );
      await until(() => gaps === 2, 2000);
      const session = exampleSession(Date.now());
      await sessions.create('b', session);
      await sessions.revoke(session.id, { by: 'x', reason: 'revoked' });
      await until(() => heard.includes(session.id), 1000);
      await close();
      await server.stop();
    }, 20_000);

    it('starts while Redis is away and needs no restart', async () => {
      const server = await prepareRedisServer();
      const { error, ms } = await timed(
        (async () => {
          const { sessions, singleUse, close } = await createSessionStores(single(server), { logger, now: Date.now });
          let gaps = 0;
          sessions.onGap(() => (gaps += 1));
          for (const call of [
            sessions.find(['a']),
            singleUse.put('a', 'b', 1, 1000),
            singleUse.take('a', 'b'),
            singleUse.read('a', 'b'),
            singleUse.claim('a', 'b', 1, 1000),
            singleUse.count('a', 'b', 1000),
          ]) {
            expect((await timed(call)).error).toMatchObject({ code: 'sessions-unavailable' });
          }
          await server.start();
          await until(
            () =>
              sessions.ping().then(
                () => true,
                () => false,
              ),
            2000,
          );
          await until(() => gaps === 1, 2000);
          await close();
        })(),
      );
      await server.stop();
      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(6000);
    }, 20_000);

    it('fails within a second while Redis holds the connection and says nothing', async () => {
      const server = await prepareRedisServer();
      await server.start();
      const { sessions, close } = await createSessionStores(single(server), { logger, now: Date.now });
      let gaps = 0;
      sessions.onGap(() => (gaps += 1));
      await until(() => gaps === 1, 2000);
      server.freeze();
      const { error, ms } = await timed(sessions.find(['a', 'b']));
      expect(error).toMatchObject({ code: 'sessions-unavailable' });
      expect(ms).toBeLessThan(3000);
      await wait(3500);
      server.thaw();
      await until(
        () =>
          sessions.find(['a']).then(
            () => true,
            () => false,
          ),
        2000,
      );
      // The subscriber gave the silent connection up: what was said meanwhile may be lost.
      await until(() => gaps > 1, 3000);
      await close();
      await server.stop();
    }, 20_000);

    it('says nothing of the command or the password in its error', async () => {
      const config = sessionsSchemaFor({ redis: `redis://user:pa55word@127.0.0.1:${await freePort()}` });
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const { error } = await timed(sessions.create('secret-hash', exampleSession(Date.now())));
      const shown =
        JSON.stringify(error, Object.getOwnPropertyNames(error)) +
        String((error as Error).cause) +
        JSON.stringify((error as Error).cause);
      expect(shown).toContain('sessions-unavailable');
      expect(shown).not.toMatch(/secret-hash|pa55word|alice/);
      await close();
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
      await until(async () => (await Promise.all(clients.map(ok))).every(Boolean), 15_000);
      for (const client of clients) client.disconnect();
    }, 30_000);
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
  });

  describe('when a cluster goes away', () => {
    it('starts without it, fails within a second, and comes back when it does', async () => {
      const node = await prepareRedisServer([
        'cluster-enabled yes',
        'cluster-node-timeout 2000',
        'cluster-announce-ip 127.0.0.1',
      ]);
      const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${node.port}`, mode: 'cluster' });
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const { error } = await timed(
        (async () => {
          let gaps = 0;
          sessions.onGap(() => (gaps += 1));
          const away = await timed(sessions.find(['a']));
          expect(away.error).toMatchObject({ code: 'sessions-unavailable' });
          expect(away.ms).toBeLessThan(3000);

          await node.start();
          const admin = new Redis(node.port, '127.0.0.1');
          await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
          await until(
            () =>
              sessions.find(['a']).then(
                () => true,
                () => false,
              ),
            5000,
          );
          await until(() => gaps > 0, 2000);
          admin.disconnect();

          node.freeze();
          const frozen = await timed(sessions.find(['a']));
          expect(frozen.error).toMatchObject({ code: 'sessions-unavailable' });
          expect(frozen.ms).toBeLessThan(3000);
          node.thaw();
          await until(
            () =>
              sessions.find(['a']).then(
                () => true,
                () => false,
              ),
            3000,
          );
        })(),
      );
      await close();
      await node.stop();
      expect(error).toBeUndefined();
    }, 20_000);
  });

  describe('over TLS', () => {
    it('believes the authority of the configuration, and no other', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-redis-tls-'));
      const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-keyout',
          key,
          '-out',
          cert,
          '-days',
          '2',
          '-subj',
          '/CN=redis',
          '-addext',
          'subjectAltName=IP:127.0.0.1',
        ],
        { stdio: 'ignore' },
      );
      const tlsPort = await freePort();
      const server = await prepareRedisServer([
        `tls-port ${tlsPort}`,
        `tls-cert-file ${cert}`,
        `tls-key-file ${key}`,
        `tls-ca-cert-file ${cert}`,
        'tls-auth-clients no',
      ]);
      await server.start();
      const open = (rest: object) =>
        createSessionStores(sessionsSchemaFor({ redis: `rediss://127.0.0.1:${tlsPort}`, ...rest }), {
          logger,
          now: Date.now,
          resolvePath: (file) => path.join(directory, file),
        });
      const believed = await open({ caFile: 'cert.pem' });
      await expect(believed.sessions.ping()).resolves.toBeUndefined();
      const doubted = await open({});
      await expect(doubted.sessions.ping()).rejects.toMatchObject({ code: 'sessions-unavailable' });
      await believed.close();
      await doubted.close();
      await server.stop();
      rmSync(directory, { recursive: true });
    }, 15_000);
  });

  describe('with Sentinel and a password', () => {
    const servers: RedisServer[] = [];
    beforeAll(async () => {
      const master = await prepareRedisServer(['requirepass s3cr3t/+']);
      const sentinel = await prepareRedisServer(
        [`sentinel monitor gate 127.0.0.1 ${master.port} 1`, 'sentinel auth-pass gate s3cr3t/+'],
        ['--sentinel'],
      );
      servers.push(master, sentinel);
      for (const server of servers) await server.start();
    }, 20_000);
    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    it('asks the Sentinels for the master, for commands and for changes', async () => {
      const config = sessionsSchemaFor({
        redis: `redis://:${encodeURIComponent('s3cr3t/+')}@127.0.0.1:${servers[1]!.port}`,
        mode: 'sentinel',
        sentinel: 'gate',
      });
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const heard: string[] = [];
      let gaps = 0;
      sessions.onGap(() => (gaps += 1));
      sessions.onChange((change) => heard.push(change.sessionId));
      await until(() => gaps === 1, 3000);
      const session = exampleSession(Date.now());
      await sessions.create('a', session);
      await sessions.revoke(session.id, { by: 'x', reason: 'revoked' });
      await until(() => heard.includes(session.id), 1000);
      await close();
    });
  });
}

if (hasRedisServer()) {
  describeWithRedis();
} else {
  describe('stores on Redis', () => {
    it('were SKIPPED: there is no redis-server on the PATH', () => {
      process.stderr.write(
        '\nSKIPPED: the Redis session stores were not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n',
      );
      expect(hasRedisServer()).toBe(false);
    });
  });
}
