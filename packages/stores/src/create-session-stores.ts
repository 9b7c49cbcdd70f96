import type { SessionsConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
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
  /** The shared connection; undefined for stores in memory. */
  redis?: RedisConnection;
  close: () => Promise<void>;
};

/** Creates the stores that `sessions` configures. Resolves within a second even while Redis is down. */
export async function createSessionStores(
  config: SessionsConfig,
  deps: { logger: Logger; now: () => number; resolvePath?: (file: string) => string },
): Promise<SessionStores> {
  if (!('redis' in config)) {
    const sessions = createMemorySessionStore(deps);
    return {
      sessions,
      tokens: createMemoryProviderTokenStore(deps),
      singleUse: createMemorySingleUseStore(deps),
      replicas: createMemoryReplicaRegistry(deps),
      streams: createMemoryStreamQuestionRegistry(deps),
      elevations: createMemoryElevationStore(deps),
      names: createMemoryNameStore(deps),
      close: () => sessions.close(),
    };
  }
  const redis = await connectRedis(config, deps);
  const sessions = createRedisSessionStore({ redis, now: deps.now });
  const { waitForReplicas } = config;
  const writer = waitForReplicas ? createDurableWriter({ ...config, waitForReplicas }, deps) : createPlainWriter(redis);
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
