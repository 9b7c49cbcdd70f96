import type { RedisConnection, Tables } from '@sallyport/stores';
import { createMemoryDirectoryStore } from './create-memory-directory-store.ts';
import type { DirectoryStore } from './directory-store.ts';
import { redisKeysOf, type RedisDirectoryParts } from './redis-directory-keys.ts';
import { createRedisReads } from './redis-directory-reads.ts';
import { createRedisTouches, createRedisWrites } from './redis-directory-writes.ts';

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
    ...createRedisWrites(parts),
    ...createRedisTouches(parts),
  };
}

/** Creates the directory store where the sessions are: in Redis, or in memory with what `tables` keep on a disk. */
export function createDirectoryStore(deps: {
  redis: RedisConnection | undefined;
  now: () => number;
  tables?: Tables | undefined;
}): DirectoryStore {
  const { redis, now, tables } = deps;
  return redis ? createRedisDirectoryStore({ redis, now }) : createMemoryDirectoryStore({ now, tables });
}
