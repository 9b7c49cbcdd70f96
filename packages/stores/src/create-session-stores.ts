import type { SessionsConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { createMemoryReplicaBoard } from './replicas/create-memory-replica-board.ts';
import { createRedisReplicaBoard } from './replicas/create-redis-replica-board.ts';
import type { ReplicaBoard } from './replicas/replica-board.ts';
import { createMemoryStreamBoard } from './streams/create-memory-stream-board.ts';
import { createRedisStreamBoard } from './streams/create-redis-stream-board.ts';
import type { StreamBoard } from './streams/stream-board.ts';
import { connectRedis, type RedisConnection } from './redis/connect-redis.ts';
import { createMemoryProviderTokenStore } from './provider-tokens/create-memory-provider-token-store.ts';
import { createMemorySessionStore } from './sessions/create-memory-session-store.ts';
import { createMemorySingleUseStore } from './single-use/create-memory-single-use-store.ts';
import { createRedisProviderTokenStore } from './provider-tokens/create-redis-provider-token-store.ts';
import { createRedisSessionStore } from './sessions/create-redis-session-store.ts';
import { createRedisSingleUseStore } from './single-use/create-redis-single-use-store.ts';
import type { ProviderTokenStore } from './provider-tokens/provider-token-store.ts';
import type { SessionStore } from './sessions/session-store.ts';
import type { SingleUseStore } from './single-use/single-use-store.ts';

export type SessionStores = {
  sessions: SessionStore;
  tokens: ProviderTokenStore;
  singleUse: SingleUseStore;
  replicas: ReplicaBoard;
  streams: StreamBoard;
  /** The connection that they share; undefined where they are in memory. */
  redis?: RedisConnection;
  close: () => Promise<void>;
};

/** The stores that `sessions` of the configuration asks for. Resolves within a second even while Redis is away. */
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
      replicas: createMemoryReplicaBoard(deps),
      streams: createMemoryStreamBoard(deps),
      close: () => sessions.close(),
    };
  }
  const redis = await connectRedis(config, deps);
  const sessions = createRedisSessionStore({ redis, now: deps.now });
  const close = async () => {
    await sessions.close();
    await redis.close();
  };
  const tokens = createRedisProviderTokenStore({ redis, now: deps.now });
  return {
    sessions,
    tokens,
    singleUse: createRedisSingleUseStore({ redis }),
    replicas: createRedisReplicaBoard({ redis }),
    streams: createRedisStreamBoard({ redis }),
    redis,
    close,
  };
}
