import type { RedisConnection } from '../redis/connect-redis.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { defineScript, type RedisScript } from '../redis/redis-scripts.ts';
import type { SingleUseStore } from './single-use-store.ts';

/** KEYS: counter. ARGV: milliseconds to live from its first event. */
const countScript: RedisScript = {
  name: 'sallyportCountEvent',
  lua: `
local events = redis.call('INCR', KEYS[1])
if events == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return events`,
};

const wholeMs = (ms: number) => Math.max(1, Math.ceil(ms));
const parsed = (text: string | null): unknown => (text === null ? undefined : (JSON.parse(text) as unknown));

/** Creates a store of single-use values in Redis. GETDEL lets only one of several concurrent takers succeed. */
export function createRedisSingleUseStore(deps: { redis: RedisConnection; keyPrefix?: string }): SingleUseStore {
  const { client, ask } = deps.redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const count = defineScript(deps.redis, countScript);
  return {
    async put(kind, key, value, ttlMs) {
      await ask(() => client.set(keys.once(kind, key), JSON.stringify(value), 'PX', wholeMs(ttlMs)));
    },
    async claim(kind, key, value, ttlMs) {
      return (
        (await ask(() => client.set(keys.once(kind, key), JSON.stringify(value), 'PX', wholeMs(ttlMs), 'NX'))) === 'OK'
      );
    },
    async take(kind, key) {
      return parsed(await ask(() => client.getdel(keys.once(kind, key))));
    },
    async read(kind, key) {
      return parsed(await ask(() => client.get(keys.once(kind, key))));
    },
    async count(kind, key, windowMs) {
      return Number(await ask(() => count(keys.once(kind, key), wholeMs(windowMs))));
    },
  };
}
