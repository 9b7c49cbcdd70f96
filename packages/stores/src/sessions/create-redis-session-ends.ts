import type { Session, Tombstone } from '@sallyport/contracts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript, revokeScript } from '../redis/redis-scripts.ts';
import type { LookUpSessions } from './look-up-sessions.ts';
import type { RedisIndex, ChildrenOf } from './redis-index.ts';
import { changeOf, type RevokedSession, type SessionStore } from './session-store.ts';

type By = Parameters<SessionStore['revoke']>[1];

type Parts = {
  redis: RedisConnection;
  keys: RedisKeys;
  index: RedisIndex;
  lookUp: LookUpSessions;
  childrenOf: ChildrenOf;
  now: () => number;
};

/** Creates the functions that end sessions before their time: `alone` ends one session, and `end` its children too. */
export function createRedisSessionEnds({ redis, keys, index, lookUp, childrenOf, now }: Parts) {
  const { client } = redis;
  const revoke = defineScript(redis, revokeScript);

  /** Ends one session and says so, also of its children, whose streams must end now. */
  async function alone(
    sessionId: string,
    { by, reason }: By,
    children: readonly Session[] = [],
  ): Promise<Session | undefined> {
    const tokenHash = await client.get(keys.id(sessionId));
    if (tokenHash === null) return undefined;
    const [found] = await lookUp.own([tokenHash]);
    if (found?.state !== 'live') return undefined;
    const { session } = found;
    const at = now();
    const tombstone: Tombstone = { id: sessionId, revokedAt: at, by, reason };
    const ended = await revoke(
      keys.session(tokenHash),
      keys.end(tokenHash),
      sessionId,
      at,
      JSON.stringify(tombstone),
      keys.changes,
      ...[session, ...children].map((one) => JSON.stringify(changeOf('revoked', one, at))),
    );
    if (ended !== 1) return undefined;
    // The session has ended. What stays in an index is removed by the next list.
    const indexes = keys.indexesOf(session).map((key) => index.remove(key, tokenHash, session));
    await Promise.all([...indexes, client.zrem(keys.ends, tokenHash)]).catch(() => {});
    return session;
  }

  async function end(sessionId: string, by: By): Promise<RevokedSession | undefined> {
    const ended = await alone(sessionId, by, await childrenOf(sessionId));
    if (!ended || ended.parent) return ended;
    // They are dead already, because their parent is. A child that began in the meantime is told of here.
    const left = await childrenOf(sessionId);
    const children = await Promise.all(left.map((child) => alone(child.id, { by: by.by, reason: 'parent-ended' })));
    const told = children.filter((child) => child !== undefined);
    return told.length === 0 ? ended : { ...ended, children: told };
  }

  return { alone, end };
}
