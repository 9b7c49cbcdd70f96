import type { RedisConnection } from '@sallyport/stores';
import type { DirectoryStore } from './directory-store.ts';
import { redisKeysOf, type RedisDirectoryParts } from './redis-directory-keys.ts';
import { createRedisReads } from './redis-directory-reads.ts';
import { createRedisTouches } from './redis-directory-touches.ts';
import { createRedisEntryWrites, createRedisMemberWrites } from './redis-directory-writes.ts';

/**
 * Creates a directory in Redis 6.2 or later. All keys of one source are in one slot of a cluster, so an entry, its
 * index, its memberships and the keys they touch change atomically. Entries and memberships stay until they are removed.
 * Links expire with their sessions.
 */
export function createRedisDirectoryStore(deps: {
  redis: RedisConnection;
  now: () => number;
  keyPrefix?: string;
}): DirectoryStore {
  const parts: RedisDirectoryParts = {
    redis: deps.redis,
    now: deps.now,
    keys: (source) => redisKeysOf(deps.keyPrefix ?? 'sallyport', source),
  };
  return {
    ...createRedisReads(parts),
    ...createRedisEntryWrites(parts),
    ...createRedisMemberWrites(parts),
    ...createRedisTouches(parts),
    recordSync: async (source, sync) =>
      void (await deps.redis.ask(() => deps.redis.client.set(parts.keys(source).reading, JSON.stringify(sync)))),
  };
}
