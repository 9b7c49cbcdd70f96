import type { RedisConnection } from '@sallyport/stores';
import { createMemoryDirectoryStore } from './create-memory-directory-store.ts';
import { createRedisDirectoryStore } from './create-redis-directory-store.ts';
import type { DirectoryStore } from './directory-store.ts';

/** The directory's store in the Redis of the sessions, or in memory where they are in memory. */
export function createDirectoryStore(deps: { redis: RedisConnection | undefined; now: () => number }): DirectoryStore {
  const { redis, now } = deps;
  return redis ? createRedisDirectoryStore({ redis, now }) : createMemoryDirectoryStore({ now });
}
