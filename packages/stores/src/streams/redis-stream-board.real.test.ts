import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisKeys } from '../redis/redis-keys.ts';
import { useRedisPair } from '../testing/redis-pair.ts';
import { hasRedisServer } from '../testing/redis-server.ts';
import { createRedisStreamBoard } from './create-redis-stream-board.ts';
import { answerTo, describeStreamBoard, question, row } from '../testing/stream-board.conformance.ts';

function describeOnRedis(): void {
  const redis = useRedisPair();
  const boards = (keyPrefix = `test-${randomUUID()}`) => {
    const [board, replica] = redis.connections().map((one) => createRedisStreamBoard({ redis: one, keyPrefix }));
    return { board: board!, replica: replica! };
  };
  describeStreamBoard('Redis', async () => boards());

  it('leaves no key without an end, none at all once the question is closed, and skips what it cannot read', async () => {
    const { board } = boards('ttl');
    const raw = new Redis(redis.server().port, '127.0.0.1');
    const asked = question();
    await board.ask(asked);
    await board.answer(answerTo(asked, 'a', { rows: [row()] }));
    const key = redisKeys('ttl').question(asked.id);
    const life = await raw.pttl(key);
    expect([life > 3000, life <= 5000]).toEqual([true, true]);
    await raw.hset(key, 'proxy/b', '{"version": 7', 'proxy/c', '{}');
    expect((await board.answered(asked.id)).toSorted()).toEqual(['proxy/a', 'proxy/b', 'proxy/c']);
    expect(await board.take(asked.id)).toEqual([answerTo(asked, 'a', { rows: [row()] })]);
    expect(await raw.keys('ttl:*')).toEqual([]);
    raw.disconnect();
  });

  it('that cannot be reached says so within a second', async () => {
    const { board } = boards();
    const asked = question();
    redis.server().freeze();
    const started = performance.now();
    for (const call of [
      board.ask(asked),
      board.answer(answerTo(asked, 'a')),
      board.answered(asked.id),
      board.take(asked.id),
    ])
      await expect(call).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(performance.now() - started).toBeLessThan(3000);
    redis.server().thaw();
  });
}

if (hasRedisServer()) {
  describe('with a Redis', describeOnRedis);
} else {
  it('a board of streams on Redis was SKIPPED: there is no redis-server on the PATH', () => {
    process.stderr.write(
      '\nSKIPPED: the board of streams on Redis was not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n',
    );
    expect(hasRedisServer()).toBe(false);
  });
}
