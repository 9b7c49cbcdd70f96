import type { SessionsConfig } from '@sallyport/contracts';
import { createMemoryDirectoryStore } from '../directory/create-memory-directory-store.ts';
import { createRedisDirectoryStore } from '../directory/create-redis-directory-store.ts';
import type { DirectoryStore } from '../directory/directory-store.ts';
import type { Logger } from '../observe/create-logger.ts';
import { createMemoryReplicaBoard } from '../replicas/create-memory-replica-board.ts';
import { createRedisReplicaBoard } from '../replicas/create-redis-replica-board.ts';
import type { ReplicaBoard } from '../replicas/replica-board.ts';
import { createMemoryStreamBoard } from '../streams/create-memory-stream-board.ts';
import { createRedisStreamBoard } from '../streams/create-redis-stream-board.ts';
import type { StreamBoard } from '../streams/stream-board.ts';
import { connectRedis } from './connect-redis.ts';
import { createMemoryProviderTokenStore } from './create-memory-provider-token-store.ts';
import { createMemorySessionStore } from './create-memory-session-store.ts';
import { createMemorySingleUseStore } from './create-memory-single-use-store.ts';
import { createRedisProviderTokenStore } from './create-redis-provider-token-store.ts';
import { createRedisSessionStore } from './create-redis-session-store.ts';
import { createRedisSingleUseStore } from './create-redis-single-use-store.ts';
import type { ProviderTokenStore } from './provider-token-store.ts';
import type { SessionStore } from './session-store.ts';
import type { SingleUseStore } from './single-use-store.ts';

export type SessionStores = {
  sessions: SessionStore;
  tokens: ProviderTokenStore;
  singleUse: SingleUseStore;
  replicas: ReplicaBoard;
  streams: StreamBoard;
  directory: DirectoryStore;
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
      directory: createMemoryDirectoryStore(deps),
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
  const directory = createRedisDirectoryStore({ redis, now: deps.now });
  return {
    sessions,
    tokens,
    singleUse: createRedisSingleUseStore({ redis }),
    replicas: createRedisReplicaBoard({ redis }),
    streams: createRedisStreamBoard({ redis }),
    directory,
    close,
  };
}
