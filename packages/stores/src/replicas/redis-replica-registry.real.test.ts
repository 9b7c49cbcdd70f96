import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { useRedisPair } from '../testing/redis-pair.ts';
import { hasRedisServer } from '../testing/redis-server.ts';
import { createRedisReplicaRegistry } from './create-redis-replica-registry.ts';
import { describeReplicaRegistry, report } from '../testing/replica-registry.conformance.ts';

function describeOnRedis(): void {
  const redis = useRedisPair();
  const registries = (keyPrefix = `test-${randomUUID()}`) => {
    const [registry, replica] = redis.connections().map((one) => createRedisReplicaRegistry({ redis: one, keyPrefix }));
    return { registry: registry!, replica: replica! };
  };
  describeReplicaRegistry('Redis', async () => registries());

  it('leaves no key without an end, drops who is gone, and skips what it cannot read', async () => {
    const { registry } = registries('ttl');
    const raw = new Redis(redis.server().port, '127.0.0.1');
    await registry.put(report('proxy', 'a'));
    await registry.put(report('proxy', 'b'));
    for (const key of await raw.keys('ttl:*')) expect(await raw.pttl(key)).toBeGreaterThan(0);
    await raw.del('ttl:{replicas}:proxy/a');
    await raw.set('ttl:{replicas}:proxy/b', '{"version": 7', 'PX', 10_000);
    expect(await registry.list()).toEqual([]);
    expect(await raw.smembers('ttl:{replicas}')).toEqual(['proxy/b']);
    raw.disconnect();
  });

  it('that cannot be reached says so within a second', async () => {
    const { registry } = registries();
    redis.server().freeze();
    const started = performance.now();
    await expect(registry.list()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await expect(registry.put(report('proxy', 'a'))).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(performance.now() - started).toBeLessThan(3000);
    redis.server().thaw();
  });
}

if (hasRedisServer()) {
  describe('with a Redis', describeOnRedis);
} else {
  it('a registry on Redis was SKIPPED: there is no redis-server on the PATH', () => {
    process.stderr.write(
      '\nSKIPPED: the registry of replicas on Redis was not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n',
    );
    expect(hasRedisServer()).toBe(false);
  });
}
