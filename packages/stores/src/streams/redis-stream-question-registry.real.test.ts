import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { redisKeys } from '../redis/redis-keys.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { answerTo, question, exampleStreamRow } from '../testing/example-stream-question.ts';
import { useRedisPair } from '../testing/redis-pair.ts';
import { describeStreamQuestionRegistry } from '../testing/stream-question-registry.conformance.ts';
import { createRedisStreamQuestionRegistry } from './create-redis-stream-question-registry.ts';

function describeWithRedis(): void {
  const redis = useRedisPair();
  const registries = (keyPrefix = `test-${randomUUID()}`) => {
    const [registry, replica] = redis
      .connections()
      .map((one) => createRedisStreamQuestionRegistry({ redis: one, keyPrefix }));
    return { registry: registry!, replica: replica! };
  };
  describeStreamQuestionRegistry('Redis', async () => registries());

  it('gives every key an expiry, leaves none after the question is closed, and skips answers that it cannot read', async () => {
    const { registry } = registries('ttl');
    const raw = new Redis(redis.server().port, '127.0.0.1');
    const asked = question();
    await registry.ask(asked);
    await registry.answer(answerTo(asked, 'a', { rows: [exampleStreamRow()] }));
    const key = redisKeys('ttl').question(asked.id);
    const life = await raw.pttl(key);
    expect([life > 3000, life <= 5000]).toEqual([true, true]);
    await raw.hset(key, 'proxy/b', '{"version": 7', 'proxy/c', '{}');
    expect((await registry.answered(asked.id)).toSorted()).toEqual(['proxy/a', 'proxy/b', 'proxy/c']);
    expect(await registry.take(asked.id)).toEqual([answerTo(asked, 'a', { rows: [exampleStreamRow()] })]);
    expect(await raw.keys('ttl:*')).toEqual([]);
    raw.disconnect();
  });

  it('rejects within a second while Redis cannot be reached', async () => {
    const registry = createRedisStreamQuestionRegistry({ redis: redis.prompt() });
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
    expect(performance.now() - started).toBeLessThan(20_000);
    redis.server().thaw();
  });
}

describeOnRedis('a registry of stream questions', () => describe('with a Redis', describeWithRedis));
