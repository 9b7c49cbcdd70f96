import type { RedisConnection } from '@sallyport/stores';
import { createMemoryDirectoryStore } from './create-memory-directory-store.ts';
import { createRedisDirectoryStore } from './create-redis-directory-store.ts';
import type { DirectoryStore } from './directory-store.ts';

/** Creates the directory store: in the Redis of the sessions, or in memory if the sessions are in memory. */
export function createDirectoryStore(deps: { redis: RedisConnection | undefined; now: () => number }): DirectoryStore {
  const { redis, now } = deps;
  return redis ? createRedisDirectoryStore({ redis, now }) : createMemoryDirectoryStore({ now });
}
