import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisKeys } from '../redis/redis-keys.ts';
import { useRedisPair } from '../testing/redis-pair.ts';
import { hasRedisServer } from '../testing/redis-server.ts';
import { createRedisStreamQuestionRegistry } from './create-redis-stream-question-registry.ts';
import {
  answerTo,
  describeStreamQuestionRegistry,
  question,
  row,
} from '../testing/stream-question-registry.conformance.ts';

function describeOnRedis(): void {
  const redis = useRedisPair();
  const registries = (keyPrefix = `test-${randomUUID()}`) => {
    const [registry, replica] = redis
      .connections()
      .map((one) => createRedisStreamQuestionRegistry({ redis: one, keyPrefix }));
    return { registry: registry!, replica: replica! };
  };
  describeStreamQuestionRegistry('Redis', async () => registries());

  it('leaves no key without an end, none at all once the question is closed, and skips what it cannot read', async () => {
    const { registry } = registries('ttl');
    const raw = new Redis(redis.server().port, '127.0.0.1');
    const asked = question();
    await registry.ask(asked);
    await registry.answer(answerTo(asked, 'a', { rows: [row()] }));
    const key = redisKeys('ttl').question(asked.id);
    const life = await raw.pttl(key);
    expect([life > 3000, life <= 5000]).toEqual([true, true]);
    await raw.hset(key, 'proxy/b', '{"version": 7', 'proxy/c', '{}');
    expect((await registry.answered(asked.id)).toSorted()).toEqual(['proxy/a', 'proxy/b', 'proxy/c']);
    expect(await registry.take(asked.id)).toEqual([answerTo(asked, 'a', { rows: [row()] })]);
    expect(await raw.keys('ttl:*')).toEqual([]);
    raw.disconnect();
  });

  it('that cannot be reached says so within a second', async () => {
    const { registry } = registries();
    const asked = question();
    redis.server().freeze();
    const started = performance.now();
    for (const call of [
      registry.ask(asked),
      registry.answer(answerTo(asked, 'a')),
      registry.answered(asked.id),
      registry.take(asked.id),
    ])
      await expect(call).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(performance.now() - started).toBeLessThan(3000);
    redis.server().thaw();
  });
}

if (hasRedisServer()) {
  describe('with a Redis', describeOnRedis);
} else {
  it('a registry of stream questions on Redis was SKIPPED: there is no redis-server on the PATH', () => {
    process.stderr.write(
      '\nSKIPPED: the registry of stream questions on Redis was not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n',
    );
    expect(hasRedisServer()).toBe(false);
  });
}
