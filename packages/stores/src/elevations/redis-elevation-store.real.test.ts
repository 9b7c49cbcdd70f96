import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis } from '../redis/connect-redis.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { describeElevationStore, exampleElevation } from '../testing/elevation-store.conformance.ts';
import { describeNoticeOutbox } from '../testing/notice-outbox.conformance.ts';
import { useRedisPair } from '../testing/redis-pair.ts';
import { prepareRedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { checkDurability } from './check-durability.ts';
import { createRedisElevationStore } from './create-redis-elevation-store.ts';

async function connectTo(port: number) {
  return connectRedis(sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}` }), { logger: pino({ level: 'silent' }) });
}

describeOnRedis('a store of elevations', () => {
  const pair = useRedisPair();
  let run = 0;
  const open = async () => {
    run += 1;
    const [one, other] = pair.connections();
    const keyPrefix = `test${run}`;
    return {
      store: createRedisElevationStore({ redis: one, keyPrefix }),
      replica: createRedisElevationStore({ redis: other, keyPrefix }),
    };
  };
  describeElevationStore('Redis', open);
  describeNoticeOutbox('Redis', open);

  describe('an elevation in Redis', () => {
    it('never expires before it is over, and is kept for a week after', async () => {
      const [redis] = pair.connections();
      const store = createRedisElevationStore({ redis, keyPrefix: 'expiry' });
      const one = exampleElevation();
      await store.create(one, 5);
      const [key] = await redis.client.call('KEYS', 'expiry:*:elevation').then((keys) => keys as string[]);
      expect(await redis.client.pttl(key!)).toBe(-1);
      await store.replace({ ...one, revision: 2, state: 'withdrawn' }, undefined);
      expect(await redis.client.pttl(key!)).toBeGreaterThan(6 * 24 * 3_600_000);
    });
  });

  describe('the check of what Redis keeps', () => {
    it('warns of a server without an append-only file, and says what to set', async () => {
      expect(await checkDurability(pair.connections()[0])).toEqual([
        expect.stringMatching(/loses writes when it restarts.*set "appendonly yes" and "appendfsync always"/),
      ]);
    });

    it.each([
      ['everysec', /may lose the last second/],
      ['always', undefined],
    ])('with appendfsync %s: %s', async (appendfsync, expected) => {
      const server = await prepareRedisServer(['appendonly yes', `appendfsync ${appendfsync}`]);
      await server.start();
      const redis = await connectTo(server.port);
      try {
        const found = await checkDurability(redis);
        expect(found).toEqual(expected === undefined ? [] : [expect.stringMatching(expected)]);
      } finally {
        await redis.close();
        await server.stop();
      }
    });
  });
});
