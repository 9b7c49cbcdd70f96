import { askRedis } from './ask-redis.ts';
import type { RedisConnection } from './connect-redis.ts';
import { redisKeys } from './redis-keys.ts';
import type { SingleUseStore } from './single-use-store.ts';

/** Single-use values in Redis: taken by GETDEL, so of many takers at once one wins. */
export function createRedisSingleUseStore(deps: { redis: RedisConnection; keyPrefix?: string }): SingleUseStore {
  const { client } = deps.redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  return {
    async put(kind, key, value, ttlMs) {
      await askRedis(() => client.set(keys.once(kind, key), JSON.stringify(value), 'PX', Math.max(1, Math.ceil(ttlMs))));
    },
    async take(kind, key) {
      const text = await askRedis(() => client.getdel(keys.once(kind, key)));
      return text === null ? undefined : (JSON.parse(text) as unknown);
    },
  };
}
