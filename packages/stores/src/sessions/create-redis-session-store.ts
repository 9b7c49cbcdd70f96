import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { askRedis } from '../redis/ask-redis.ts';
import { changeOf } from './change-of.ts';
import { createChangeRedisSession } from './change-redis-session.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createChangeFeed } from './create-change-feed.ts';
import { createLookUpSessions, type LookUpSessions } from './look-up-sessions.ts';
import { redisKeys, type RedisKeys } from '../redis/redis-keys.ts';
import { createIndex } from '../redis/redis-index.ts';
import { listed } from './listed.ts';
import { createScript, defineScript, noteUseScript, renewScript, revokeScript } from '../redis/redis-scripts.ts';
import type { ListedSession, SessionLookup, SessionOwner, SessionStore } from './session-store.ts';

const idleEnd = (session: Session, at: number) => Math.min(session.expiresAt, at + session.idleMs);

function liveOnes(found: readonly SessionLookup[]): ListedSession[] {
  return found.flatMap((one) => (one.state === 'live' ? [listed(one)] : [])).sort((a, b) => a.createdAt - b.createdAt);
}

type Parts = {
  redis: RedisConnection;
  keys: RedisKeys;
  index: ReturnType<typeof createIndex>;
  lookUp: LookUpSessions;
  now: () => number;
};

/** Creates the two writes that must keep an order: starting a session and ending it early. */
function createSessionWrites({ redis, keys, index, lookUp, now }: Parts) {
  const { client } = redis;
  const create = defineScript(redis, createScript);
  const revoke = defineScript(redis, revokeScript);
  const indexesOf = ({ identity, sid }: Session) => [
    keys.allSessions,
    keys.person(identity),
    ...(sid === undefined ? [] : [keys.providerSession({ issuer: identity.issuer, sid })]),
  ];

  async function write(tokenHash: string, session: Session): Promise<void> {
    const at = now();
    const life = session.expiresAt - at;
    if (!(life > 0)) throw new ProblemError('login-expired', 'The session would have ended before it started.');
    if ((await client.set(keys.id(session.id), tokenHash, 'PX', Math.ceil(life), 'NX')) === null)
      throw new ProblemError('conflict', 'This session already exists.');
    await Promise.all(indexesOf(session).map((key) => index.add(key, tokenHash, session, at)));
    const idleEndsAt = idleEnd(session, at);
    const made = await create(
      keys.session(tokenHash),
      JSON.stringify(session),
      session.id,
      session.expiresAt,
      idleEndsAt,
      Math.ceil(idleEndsAt - at),
    );
    if (made === 1) return;
    await Promise.all(indexesOf(session).map((key) => index.remove(key, tokenHash, session)));
    throw new ProblemError('conflict', 'This session already exists.');
  }

  async function end(
    sessionId: string,
    { by, reason }: Parameters<SessionStore['revoke']>[1],
  ): Promise<Session | undefined> {
    const tokenHash = await client.get(keys.id(sessionId));
    if (tokenHash === null) return undefined;
    const found = await lookUp.one(tokenHash);
    if (found.state !== 'live') return undefined;
    const { session } = found;
    const at = now();
    const tombstone = { id: sessionId, revokedAt: at, by, reason };
    const ended = await revoke(
      keys.session(tokenHash),
      sessionId,
      at,
      JSON.stringify(tombstone),
      keys.changes,
      JSON.stringify(changeOf('revoked', session, at)),
    );
    if (ended !== 1) return undefined;
    // The session has ended. What stays in an index is removed by the next list.
    await Promise.all(indexesOf(session).map((key) => index.remove(key, tokenHash, session))).catch(() => {});
    return session;
  }

  return { write, end };
}

/**
 * Creates a session store in Redis 6.2 or later: a single node, a cluster, or a master behind Sentinels. Every key
 * expires. Writes are ordered so that a crash between two of them fails closed: a session is in the indexes before it
 * is live (it can always be found and revoked), and it has ended before it leaves them.
 */
export function createRedisSessionStore(deps: {
  redis: RedisConnection;
  now: () => number;
  keyPrefix?: string;
}): SessionStore {
  const { redis, now } = deps;
  const { client } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const renew = defineScript(redis, renewScript);
  const noteUse = defineScript(redis, noteUseScript);
  const index = createIndex(redis);
  const feed = createChangeFeed(redis, keys.changes);

  const lookUp = createLookUpSessions({ client, keyOf: (hash) => keys.session(hash), now });
  const { write, end } = createSessionWrites({ redis, keys, index, lookUp, now });
  const update = createChangeRedisSession({ redis, keys, now });

  async function read(sessionId: string): Promise<SessionLookup> {
    const tokenHash = await client.get(keys.id(sessionId));
    return tokenHash === null ? { state: 'unknown' } : lookUp.one(tokenHash);
  }

  async function list(of: SessionOwner | undefined) {
    const key = of === undefined ? keys.allSessions : 'sid' in of ? keys.providerSession(of) : keys.person(of);
    return liveOnes(await index.walk(key, now(), lookUp.all));
  }

  return {
    create: (tokenHash, session) => askRedis(() => write(tokenHash, session)),
    find: (tokenHashes) => askRedis(() => lookUp.all(tokenHashes)),
    read: (sessionId) => askRedis(() => read(sessionId)),
    update: (sessionId, change) => askRedis(() => update(sessionId, change)),
    noteUse: async (tokenHash) => void (await askRedis(() => noteUse(keys.session(tokenHash), now()))),
    async renew(tokenHash, session) {
      const at = now();
      const idleEndsAt = idleEnd(session, at);
      if (idleEndsAt > at)
        await askRedis(() => renew(keys.session(tokenHash), at, idleEndsAt, Math.ceil(idleEndsAt - at)));
    },
    revoke: (sessionId, by) => askRedis(() => end(sessionId, by)),
    list,
    onChange: (listener) => feed.onChange(listener),
    onGap: (listener) => feed.onGap(listener),
    ping: async () => void (await askRedis(() => client.ping())),
    async close() {
      feed.stop();
    },
  };
}
