import type { SessionsConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { openState } from './embedded/open-state.ts';
import { memoryTables, type Tables } from './embedded/tables.ts';
import { createMemoryElevationStore } from './elevations/create-memory-elevation-store.ts';
import { createRedisElevationStore } from './elevations/create-redis-elevation-store.ts';
import type { ElevationStore } from './elevations/elevation-store.ts';
import { createRedisNameStore } from './names/create-redis-name-store.ts';
import { createMemoryNameStore, type NameStore } from './names/name-store.ts';
import { createRedisProviderTokenStore } from './provider-tokens/create-redis-provider-token-store.ts';
import { createMemoryProviderTokenStore, type ProviderTokenStore } from './provider-tokens/provider-token-store.ts';
import { connectRedis, type RedisConnection } from './redis/connect-redis.ts';
import { createDurableWriter, createPlainWriter } from './redis/durable-writer.ts';
import { createRedisReplicaRegistry } from './replicas/create-redis-replica-registry.ts';
import { createMemoryReplicaRegistry, type ReplicaRegistry } from './replicas/replica-registry.ts';
import { createMemorySessionStore } from './sessions/create-memory-session-store.ts';
import { createRedisSessionStore } from './sessions/create-redis-session-store.ts';
import type { SessionStore } from './sessions/session-store.ts';
import { createRedisSingleUseStore } from './single-use/create-redis-single-use-store.ts';
import { createMemorySingleUseStore, type SingleUseStore } from './single-use/single-use-store.ts';
import { createRedisStreamQuestionRegistry } from './streams/create-redis-stream-question-registry.ts';
import { createMemoryStreamQuestionRegistry, type StreamQuestionRegistry } from './streams/stream-question-registry.ts';

type SessionStores = {
  sessions: SessionStore;
  tokens: ProviderTokenStore;
  singleUse: SingleUseStore;
  replicas: ReplicaRegistry;
  streams: StreamQuestionRegistry;
  elevations: ElevationStore;
  names: NameStore;
  /** The shared connection, if the stores are in Redis. */
  redis?: RedisConnection;
  /** Where the directory is kept too, if the stores are below `data`. */
  tables?: Tables;
  close: () => Promise<void>;
};

type StoresDeps = {
  logger: Logger;
  now: () => number;
  resolvePath?: (file: string) => string;
  /** The directory of stores that are neither in Redis nor only in memory. */
  data?: string;
};

/** Opens the stores of a single process. */
async function openLocalStores(inMemory: boolean, { logger, now, data }: StoresDeps): Promise<SessionStores> {
  if (!inMemory && data === undefined) throw new Error('these stores need a directory');
  const state = inMemory ? undefined : await openState(data!, { logger });
  const deps = { now, tables: state?.tables ?? memoryTables };
  const sessions = createMemorySessionStore(deps);
  return {
    sessions,
    tokens: createMemoryProviderTokenStore(deps),
    singleUse: createMemorySingleUseStore(deps),
    // These are about the processes that run now.
    replicas: createMemoryReplicaRegistry(deps),
    streams: createMemoryStreamQuestionRegistry(deps),
    elevations: createMemoryElevationStore(deps),
    names: createMemoryNameStore(deps),
    tables: deps.tables,
    async close() {
      await sessions.close();
      await state?.close();
    },
  };
}

/**
 * Creates the stores that `sessions` configures. Resolves within a second even while Redis is down. Stores below `data`
 * wait up to five seconds for another process that has the directory.
 */
export async function createSessionStores(config: SessionsConfig, deps: StoresDeps): Promise<SessionStores> {
  if (!('redis' in config)) return openLocalStores('memory' in config, deps);
  const redis = await connectRedis(config, deps);
  const { waitForReplicas } = config;
  const writer = waitForReplicas ? createDurableWriter({ ...config, waitForReplicas }, deps) : createPlainWriter(redis);
  const sessions = createRedisSessionStore({ redis, writer, now: deps.now });
  const close = async () => {
    await sessions.close();
    await writer.close();
    await redis.close();
  };
  const tokens = createRedisProviderTokenStore({ redis, now: deps.now });
  return {
    sessions,
    tokens,
    singleUse: createRedisSingleUseStore({ redis }),
    replicas: createRedisReplicaRegistry({ redis }),
    streams: createRedisStreamQuestionRegistry({ redis }),
    elevations: createRedisElevationStore({ redis, writer }),
    names: createRedisNameStore({ redis, writer, now: deps.now }),
    redis,
    close,
  };
}
