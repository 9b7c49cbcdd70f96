import type { Session } from '@sallyport/contracts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript, indexScript, membersScript } from '../redis/redis-scripts.ts';
import type { LookUpSessions } from './look-up-sessions.ts';
import { type SessionLookup, isLiveAt } from './session-store.ts';

/** A session is in the index before it exists. A walk must not remove it as a leftover within this time. */
const creationMs = 60_000;
/** How many sessions one command looks up. The deadline applies to each command, not to the whole walk. */
const chunk = 500;

const memberOf = (tokenHash: string, session: Session) => `${tokenHash}.${session.createdAt}`;
function readMember(member: string) {
  const [tokenHash = '', createdAt] = member.split('.');
  return { tokenHash, createdAt: Number(createdAt) };
}

/** Sorted sets of sessions. */
export type RedisIndex = ReturnType<typeof createIndex>;

/** Creates sorted sets of token hashes by their absolute end. Ended entries are dropped by the next write or walk. */
export function createIndex(redis: RedisConnection) {
  const { client, ask } = redis;
  const add = defineScript(redis, indexScript);
  const members = defineScript(redis, membersScript);
  return {
    add: (key: string, tokenHash: string, session: Session, at: number) =>
      add(key, memberOf(tokenHash, session), session.expiresAt, at),
    remove: (key: string, tokenHash: string, session: Session) => client.zrem(key, memberOf(tokenHash, session)),
    /**
     * Looks up every member and drops those that are no longer live. `lookUpAll` must know a session as live as long as
     * any replica may: one that is renewed after it was dropped could no longer be found. The deadline applies to each
     * command, not to the whole walk.
     */
    async walk(
      key: string,
      at: number,
      lookUpAll: (hashes: readonly string[]) => Promise<SessionLookup[]>,
    ): Promise<SessionLookup[]> {
      const listed = (await ask(() => members(key, at))) as string[];
      const entries = listed.map(readMember);
      const found: SessionLookup[] = [];
      for (let from = 0; from < entries.length; from += chunk)
        found.push(...(await ask(() => lookUpAll(entries.slice(from, from + chunk).map((entry) => entry.tokenHash)))));
      const gone = listed.filter(
        (_member, place) => found[place]!.state !== 'live' && entries[place]!.createdAt + creationMs < at,
      );
      for (let from = 0; from < gone.length; from += chunk)
        await ask(() => client.zrem(key, ...gone.slice(from, from + chunk)));
      return found;
    },
  };
}

/** Lists the child sessions of one session that have not ended themselves. */
export type ChildrenOf = (sessionId: string) => Promise<Session[]>;

/** Creates the list over the index of children. */
export function createChildrenOf(deps: {
  index: RedisIndex;
  keys: RedisKeys;
  /** Knows sessions as live as long as any replica may. */
  lookUp: Pick<LookUpSessions, 'own'>;
  now: () => number;
}): ChildrenOf {
  const { index, keys, lookUp, now } = deps;
  return async (sessionId) => {
    const found = await index.walk(keys.children(sessionId), now(), lookUp.own);
    return found.flatMap((one) => (isLiveAt(one, now()) ? [one.session] : []));
  };
}
