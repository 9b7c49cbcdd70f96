import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { useRedisPair } from '../testing/redis-pair.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { createRedisReplicaRegistry } from './create-redis-replica-registry.ts';
import { describeReplicaRegistry, report } from '../testing/replica-registry.conformance.ts';

function describeWithRedis(): void {
  const redis = useRedisPair();
  const registries = (keyPrefix = `test-${randomUUID()}`) => {
    const [registry, replica] = redis.connections().map((one) => createRedisReplicaRegistry({ redis: one, keyPrefix }));
    return { registry: registry!, replica: replica! };
  };
  describeReplicaRegistry('Redis', async () => registries());

  it('gives every key an expiry, drops replicas that are gone, and skips reports that it cannot read', async () => {
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

  it('rejects within a second while Redis cannot be reached', async () => {
    const registry = createRedisReplicaRegistry({ redis: redis.prompt() });
    redis.server().freeze();
    const started = performance.now();
    await expect(registry.list()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await expect(registry.put(report('proxy', 'a'))).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(performance.now() - started).toBeLessThan(20_000);
    redis.server().thaw();
  });
}

describeOnRedis('a replica registry', () => describe('with a Redis', describeWithRedis));
