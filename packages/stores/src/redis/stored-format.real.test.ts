import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { prepareRedisServer, type RedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { connectRedis, type RedisConnection } from './connect-redis.ts';
import type { StoredFormat } from './stored-format.ts';

const first = { format: 1, usableFrom: 1 };
const addition = { format: 2, usableFrom: 1 };
const change = { format: 3, usableFrom: 3 };

describeOnRedis('the format of what is in Redis', () => {
  let server: RedisServer;
  const opened: RedisConnection[] = [];
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    lines.length = 0;
    await (await open(first)).client.flushall();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  /** Connects as a version that has this format. */
  const open = async (format: StoredFormat) => {
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` });
    const redis = await connectRedis(config, { logger, format });
    opened.push(redis);
    return redis;
  };
  const ask = async (format: StoredFormat) => {
    const redis = await open(format);
    return redis.ask(() => redis.client.get('anything'));
  };
  const refusal = { status: 503, detail: expect.stringContaining('format 3, which versions from format 3 on can use') };

  describe('that a newer version wrote', () => {
    it('can be used by an earlier one for as long as the newer one says so', async () => {
      for (const one of [first, addition, first]) expect(await ask(one)).toBeNull();
      expect(await ask(change)).toBeNull();
      expect(lines).toEqual([]);
      for (const one of [first, addition]) await expect(ask(one)).rejects.toMatchObject(refusal);
      expect(lines.join()).toContain('Start the newer version');
      expect(await ask(change)).toBeNull();
    });

    it('is noticed by a running service when it connects again, as is data of its own', async () => {
      const [other, running] = [opened[0]!, await open(first)];
      const endConnections = () =>
        other.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => {});
      const result = () =>
        running
          .ask(() => running.client.get('anything'))
          .then(
            () => 'answered',
            ({ detail }: { detail: string }) => detail,
          );
      const newer = await open(change);
      await newer.ask(() => newer.client.get('anything'));
      expect(await result()).toBe('answered');
      await endConnections();
      await until(async () => (await result()).includes('format 3'));
      // It would note its format again as soon as it connects again.
      await opened.pop()!.close();
      await other.client.flushall();
      await endConnections();
      await until(async () => (await result()) === 'answered');
    });
  });
});
