import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { redisKeys, type RedisKeys } from '../redis/redis-keys.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { exampleSession, freshHash, idleMs } from '../testing/example-session.ts';
import { prepareRedisServer, type RedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { createRedisSessionStore } from './create-redis-session-store.ts';
import { clockSlackMs } from './expired-session.ts';
import type { SessionStore } from './session-store.ts';

const logger = pino({ level: 'silent' });

function describeExpiredSessions(): void {
  let server: RedisServer;
  let redis: RedisConnection;
  let store: SessionStore;
  let keys: RedisKeys;
  const clock = { now: Date.now() };
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    redis = await connectRedis(sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}/1` }), { logger });
  });
  afterAll(async () => {
    await redis.close();
    await server.stop();
  });
  beforeEach(() => {
    const keyPrefix = `test-${randomUUID()}`;
    keys = redisKeys(keyPrefix);
    store = createRedisSessionStore({ redis, now: () => clock.now, keyPrefix });
  });
  const add = async () => {
    const [tokenHash, session] = [freshHash(), exampleSession(clock.now)];
    await store.create(tokenHash, session);
    return { tokenHash, session };
  };
  const takenIds = async () => (await store.takeExpired(100, 60_000)).expired.map(({ session }) => session.id);
  const due = () => redis.client.zcard(keys.ends);

  describe('a session that ends by itself', () => {
    it('is found although Redis has dropped it, and leaves nothing once it is forgotten', async () => {
      const { tokenHash, session } = await add();
      await redis.client.del(keys.session(tokenHash));
      expect(await takenIds()).toEqual([]);
      clock.now += idleMs + clockSlackMs;
      expect(await takenIds()).toEqual([session.id]);
      await store.forgetExpired(tokenHash);
      expect([await redis.client.exists(keys.end(tokenHash)), await due()]).toEqual([0, 0]);
    });

    it('costs one command while none has ended, however many there are', async () => {
      for (let n = 0; n < 200; n += 1) await add();
      const { stream } = redis.client as unknown as { stream: { write(...args: unknown[]): boolean } };
      await takenIds();
      const writes = jest.spyOn(stream, 'write');
      expect(await takenIds()).toEqual([]);
      expect(writes.mock.calls.length).toBe(1);
      writes.mockRestore();
    });

    it('is noted until its end, and no longer than a day after it', async () => {
      const { tokenHash } = await add();
      for (const key of [keys.end(tokenHash), keys.ends]) {
        const left = await redis.client.pttl(key);
        expect(left).toBeGreaterThan(86_400_000 + idleMs - 60_000);
        expect(left).toBeLessThan(86_400_000 + idleMs + 60_000);
      }
    });

    it('is no longer noted once it was revoked', async () => {
      const { tokenHash, session } = await add();
      await store.revoke(session.id, { by: 'x', reason: 'revoked' });
      expect([await redis.client.exists(keys.end(tokenHash)), await due()]).toEqual([0, 0]);
    });
  });

  describe('a session of another version of the gateway', () => {
    it('works to its end if it is older, which nothing reports', async () => {
      const { tokenHash, session } = await add();
      await redis.client.del(keys.end(tokenHash), keys.ends);
      await store.update(session.id, (one) => ({ ...one, userAgent: 'another' }));
      clock.now += idleMs - 1;
      await store.renew(tokenHash, session);
      clock.now += idleMs - 1;
      expect(await store.find([tokenHash])).toMatchObject([{ state: 'live', session: { userAgent: 'another' } }]);
      clock.now += 1 + clockSlackMs;
      expect(await takenIds()).toEqual([]);
      expect(await store.find([tokenHash])).toEqual([{ state: 'unknown' }]);
    });

    it('has not expired if the other version revoked it', async () => {
      const { tokenHash, session } = await add();
      const tombstone = { id: session.id, revokedAt: clock.now, by: 'x', reason: 'revoked' };
      await redis.client.hdel(keys.session(tokenHash), 'session', 'idleEndsAt');
      await redis.client.hset(keys.session(tokenHash), 'revoked', JSON.stringify(tombstone));
      clock.now += idleMs + clockSlackMs;
      expect(await takenIds()).toEqual([]);
      expect([await redis.client.exists(keys.end(tokenHash)), await due()]).toEqual([0, 0]);
    });

    it('has not expired if the other version noted that it was used', async () => {
      const { tokenHash, session } = await add();
      await redis.client.hset(keys.session(tokenHash), 'idleEndsAt', session.createdAt + 2 * idleMs);
      clock.now += idleMs + clockSlackMs;
      expect(await takenIds()).toEqual([]);
      clock.now += idleMs;
      expect((await store.takeExpired(100, 60_000)).expired).toMatchObject([
        { endedAt: session.createdAt + 2 * idleMs, reason: 'idle' },
      ]);
    });

    it('is forgotten if what is kept of it cannot be read', async () => {
      const { tokenHash } = await add();
      await redis.client.hset(keys.end(tokenHash), 'session', '{');
      clock.now += idleMs + clockSlackMs;
      expect(await takenIds()).toEqual([]);
      expect(await due()).toBe(0);
    });
  });
}

describeOnRedis('the end of sessions', describeExpiredSessions);
