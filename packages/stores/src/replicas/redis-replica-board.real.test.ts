import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { useRedisPair } from '../testing/redis-pair.ts';
import { hasRedisServer } from '../testing/redis-server.ts';
import { createRedisReplicaBoard } from './create-redis-replica-board.ts';
import { describeReplicaBoard, report } from '../testing/replica-board.conformance.ts';

function describeOnRedis(): void {
  const redis = useRedisPair();
  const boards = (keyPrefix = `test-${randomUUID()}`) => {
    const [board, replica] = redis.connections().map((one) => createRedisReplicaBoard({ redis: one, keyPrefix }));
    return { board: board!, replica: replica! };
  };
  describeReplicaBoard('Redis', async () => boards());

  it('leaves no key without an end, drops who is gone, and skips what it cannot read', async () => {
    const { board } = boards('ttl');
    const raw = new Redis(redis.server().port, '127.0.0.1');
    await board.put(report('proxy', 'a'));
    await board.put(report('proxy', 'b'));
    for (const key of await raw.keys('ttl:*')) expect(await raw.pttl(key)).toBeGreaterThan(0);
    await raw.del('ttl:{replicas}:proxy/a');
    await raw.set('ttl:{replicas}:proxy/b', '{"version": 7', 'PX', 10_000);
    expect(await board.list()).toEqual([]);
    expect(await raw.smembers('ttl:{replicas}')).toEqual(['proxy/b']);
    raw.disconnect();
  });

  it('that cannot be reached says so within a second', async () => {
    const { board } = boards();
    redis.server().freeze();
    const started = performance.now();
    await expect(board.list()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await expect(board.put(report('proxy', 'a'))).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(performance.now() - started).toBeLessThan(3000);
    redis.server().thaw();
  });
}

if (hasRedisServer()) {
  describe('with a Redis', describeOnRedis);
} else {
  it('a board on Redis was SKIPPED: there is no redis-server on the PATH', () => {
    process.stderr.write(
      '\nSKIPPED: the board of replicas on Redis was not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n',
    );
    expect(hasRedisServer()).toBe(false);
  });
}
