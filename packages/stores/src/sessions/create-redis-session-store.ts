import { sessionChangeSchema, sessionStartSchema, type SessionChange, type SessionStart } from '@sallyport/contracts';
import { createListeners, parseJson } from '@sallyport/kit';
import { createConfirm } from '../redis/confirm-writes.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createPlainWriter, type DurableWriter } from '../redis/durable-writer.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { defineScript, noteUseScript, renewScript } from '../redis/redis-scripts.ts';
import { createChangeRedisSession } from './change-redis-session.ts';
import { createRedisSessionEnds } from './create-redis-session-ends.ts';
import { createRedisSessionExpiry } from './create-redis-session-expiry.ts';
import { createRedisSessionStart } from './create-redis-session-start.ts';
import { clockSlackMs, keptAfterEndMs, idleEnd } from './expired-session.ts';
import { createLookUpSessions } from './look-up-sessions.ts';
import { createIndex, createChildrenOf } from './redis-index.ts';
import { createRedisRightsEnds } from './rights-ends.ts';
import {
  isLiveAt,
  listed,
  type ListedSession,
  type SessionLookup,
  type SessionOwner,
  type SessionStore,
} from './session-store.ts';

/** Tells listeners of what Redis publishes. Subscribes when the first listener is added. */
function createChangeListeners(redis: RedisConnection, channel: string) {
  const changes = createListeners<SessionChange>();
  const gaps = createListeners<void>();
  let stop: (() => void) | undefined;
  const start = () => {
    stop ??= redis.subscribe(channel, {
      // A message that cannot be read may be any change, so it counts as a gap.
      message: (text) => {
        const change = sessionChangeSchema.safeParse(parseJson(text)).data;
        if (change) changes.tell(change);
        else gaps.tell();
      },
      established: () => gaps.tell(),
    });
  };
  return {
    onChange: (listener: (change: SessionChange) => void) => (start(), changes.add(listener)),
    onGap: (listener: () => void) => (start(), gaps.add(listener)),
    stop: () => stop?.(),
  };
}

/** Tells listeners of new sessions. Subscribes when the first listener is added. */
function createStartListeners(redis: RedisConnection, channel: string) {
  const starts = createListeners<SessionStart>();
  let stop: (() => void) | undefined;
  const start = () => {
    stop ??= redis.subscribe(channel, {
      message: (text) => {
        const begun = sessionStartSchema.safeParse(parseJson(text)).data;
        if (begun) starts.tell(begun);
      },
      established: () => {},
    });
  };
  return {
    onStart: (listener: (begun: SessionStart) => void) => (start(), starts.add(listener)),
    stop: () => stop?.(),
  };
}

function liveOnes(found: readonly SessionLookup[], at: number): ListedSession[] {
  return found.flatMap((one) => (isLiveAt(one, at) ? [listed(one)] : [])).sort((a, b) => a.createdAt - b.createdAt);
}

/**
 * Creates a session store in Redis 6.2 or later: a single node, a cluster, or a master behind Sentinels. Every key
 * expires. Writes are ordered so that a crash between two of them fails closed: a session is in the indexes before it
 * is live (it can always be found and revoked), and it has ended before it leaves them. `writer` decides when writes are
 * confirmed; by default when the master has them.
 */
export function createRedisSessionStore(deps: {
  redis: RedisConnection;
  writer?: DurableWriter;
  now: () => number;
  keyPrefix?: string;
}): SessionStore {
  const { redis, writer = createPlainWriter(redis), now } = deps;
  const { client, ask } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const renew = defineScript(redis, renewScript);
  const noteUse = defineScript(redis, noteUseScript);
  const index = createIndex(redis);
  const listeners = createChangeListeners(redis, keys.changes);
  const starts = createStartListeners(redis, keys.starts);

  const lookUp = createLookUpSessions({ client, keyOf: (hash) => keys.session(hash), now });
  // A replica whose clock is slow may still renew what has ended here.
  const anywhere = createLookUpSessions({
    client,
    keyOf: (hash) => keys.session(hash),
    now: () => now() - clockSlackMs,
  });
  const childrenOf = createChildrenOf({ index, keys, lookUp: anywhere, now });
  const { alone, end } = createRedisSessionEnds({ redis, keys, index, lookUp, childrenOf, now });
  const expiry = createRedisSessionExpiry({ redis, keys, now });
  const start = createRedisSessionStart({ redis, keys, index, lookUp, expiry, end: alone, now });
  const update = createChangeRedisSession({ redis, keys, childrenOf, now });

  async function read(sessionId: string): Promise<SessionLookup> {
    const tokenHash = await client.get(keys.id(sessionId));
    return tokenHash === null ? { state: 'unknown' } : lookUp.one(tokenHash);
  }

  async function list(of: SessionOwner | undefined) {
    const key = of === undefined ? keys.allSessions : 'sid' in of ? keys.providerSession(of) : keys.person(of);
    return liveOnes(await index.walk(key, now(), anywhere.all), now());
  }

  return {
    create: (tokenHash, session) => ask(() => start(tokenHash, session)),
    find: (tokenHashes) => ask(() => lookUp.all(tokenHashes)),
    read: (sessionId) => ask(() => read(sessionId)),
    update: (sessionId, change) => ask(() => update(sessionId, change)),
    noteUse: async (tokenHash) => void (await ask(() => noteUse(keys.session(tokenHash), now()))),
    async renew(tokenHash, session) {
      const at = now();
      const idleEndsAt = idleEnd(session, at);
      if (idleEndsAt > at)
        await ask(() => {
          const life = Math.ceil(idleEndsAt - at);
          return renew(keys.session(tokenHash), keys.end(tokenHash), at, idleEndsAt, life, life + keptAfterEndMs);
        });
    },
    revoke: (sessionId, by) => ask(() => end(sessionId, by)),
    confirm: createConfirm({ redis, writer }),
    takeExpired: expiry.takeExpired,
    forgetExpired: expiry.forgetExpired,
    list,
    ...createRedisRightsEnds({ redis, key: keys.rightsEnds, now }),
    onChange: (listener) => listeners.onChange(listener),
    onStart: (listener) => starts.onStart(listener),
    onGap: (listener) => listeners.onGap(listener),
    ping: async () => void (await ask(() => client.ping())),
    async close() {
      listeners.stop();
      starts.stop();
    },
  };
}
