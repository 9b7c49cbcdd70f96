import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript, type RedisScript } from '../redis/redis-scripts.ts';
import type { ElevationStore } from './elevation-store.ts';

/** KEYS: hold. ARGV: its value. A hold that has ended by itself may be that of another replica by now. */
const releaseScript: RedisScript = {
  name: 'sallyportReleaseHold',
  lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/** Creates the holds in Redis. A failover can lose one, which frees what it held. */
export function createRedisHolds({ redis, keys }: { redis: RedisConnection; keys: RedisKeys }): ElevationStore['hold'] {
  const release = defineScript(redis, releaseScript);
  return async (what, forMs) => {
    const [key, value] = [keys.hold(what), randomUUID()];
    const held = await redis.ask(() => redis.client.set(key, value, 'PX', forMs, 'NX'));
    if (held !== 'OK') return undefined;
    return async () => {
      await redis.ask(() => release(key, value));
    };
  };
}
