import { dueScript, scheduleScript } from '../provider-tokens/create-redis-provider-token-store.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { type RedisScript, defineScript } from '../redis/redis-scripts.ts';
import { clockSlackMs, keptAfterEndMs, reasonOf, type ExpiredSession } from './expired-session.ts';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import type { SessionStore } from './session-store.ts';

/**
 * KEYS: session, what is kept for its end. ARGV: which idle ends are over, 1 if its parent has ended, the time.
 * Returns the state (`none`, `live` or `over`), what is kept, the idle end, and when it ended with its parent, if it did:
 * older versions have noted 1. What is over can no longer be used, also by a replica whose clock is slow.
 */
const endScript: RedisScript = {
  name: 'sallyportEndSession',
  keys: 2,
  lua: `
local kept = redis.call('HMGET', KEYS[2], 'session', 'idleEndsAt', 'withParent')
if not kept[1] then return {'none'} end
local held = redis.call('HMGET', KEYS[1], 'session', 'idleEndsAt', 'revoked')
if held[3] then
  redis.call('DEL', KEYS[2])
  return {'none'}
end
local ends = held[1] and held[2] or kept[2]
local isOver = tonumber(ends) <= tonumber(ARGV[1])
if not kept[3] and not isOver and (ARGV[2] ~= '1' or not held[1]) then return {'live', kept[1], ends} end
if held[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'idleEndsAt', ends)
  if not isOver then redis.call('HSET', KEYS[2], 'withParent', ARGV[3]) end
end
return {'over', kept[1], ends, kept[3] or (isOver and '' or ARGV[3])}`,
};

/** The end of a revoked parent is told by who revoked it, who also ends the children. This is for when they could not. */
const revokingMs = 60_000;

type Parts = { redis: RedisConnection; keys: RedisKeys; now: () => number };
type Answer = ['none' | 'live' | 'over', string, string, string];

/**
 * Finds the sessions that ended by themselves, in one set of all sessions, sorted by when each may have ended. A use moves
 * the end of a session, but not its place in the set. A session that is still live when it is due gets its new place
 * then, so that a use costs nothing more.
 */
export function createRedisSessionExpiry({ redis, keys, now }: Parts) {
  const { client } = redis;
  const takeDue = defineScript(redis, dueScript);
  const place = defineScript(redis, scheduleScript);
  const end = defineScript(redis, endScript);
  const readSession = createReadSession({ max: 1 });

  const schedule = (tokenHash: string, endsAt: number, at: number) =>
    place(keys.ends, tokenHash, endsAt + clockSlackMs, Math.ceil(endsAt + clockSlackMs - at) + keptAfterEndMs);
  const forget = async (tokenHash: string): Promise<undefined> => {
    await client.del(keys.end(tokenHash));
    await client.zrem(keys.ends, tokenHash);
  };

  /** Returns when a parent may have ended, or undefined if it has. */
  async function endOfParent(hash: string, at: number): Promise<number | undefined> {
    const [text, idleText, revoked] = await client.hmget(keys.session(hash), 'session', 'idleEndsAt', 'revoked');
    if (revoked != null) {
      const found = readStoredSession([text, idleText, revoked], at, readSession);
      const revokedAt = found.state === 'revoked' ? found.tombstone.revokedAt : 0;
      return at < revokedAt + revokingMs ? revokedAt + revokingMs : undefined;
    }
    const endsAt = Number(idleText);
    return text != null && at < endsAt + clockSlackMs ? endsAt : undefined;
  }

  const ask = (tokenHash: string, at: number, withParent: boolean) =>
    end(keys.session(tokenHash), keys.end(tokenHash), at - clockSlackMs, withParent ? 1 : 0, at) as Promise<Answer>;

  async function judge(tokenHash: string, at: number): Promise<ExpiredSession | undefined> {
    let [state, text, idleText, withParent] = await ask(tokenHash, at, false);
    const session = state === 'none' ? undefined : readSession(text);
    if (!session) return forget(tokenHash);
    if (state === 'live') {
      const parentEndsAt = session.parent ? await endOfParent(session.parent.hash, at) : Number.POSITIVE_INFINITY;
      if (parentEndsAt !== undefined)
        return void (await schedule(tokenHash, Math.min(Number(idleText), parentEndsAt), at));
      [state, text, idleText, withParent] = await ask(tokenHash, at, true);
      if (state !== 'over') return undefined;
    }
    const endedAt = Number(idleText);
    if (endedAt + keptAfterEndMs <= at) return forget(tokenHash);
    const withParentAt = withParent === '1' ? Math.min(endedAt, at) : Number(withParent);
    return withParent
      ? { tokenHash, session, reason: 'parent-ended', endedAt: withParentAt }
      : { tokenHash, session, reason: reasonOf(session, endedAt), endedAt };
  }

  const takeExpired: SessionStore['takeExpired'] = async (limit, leaseMs) => {
    const at = now();
    const due = (await redis.ask(() => takeDue(keys.ends, at, limit, at + leaseMs))) as string[];
    const judged = await redis.ask(() => Promise.all(due.map((tokenHash) => judge(tokenHash, at))));
    return { expired: judged.filter((one) => one !== undefined), more: due.length === limit };
  };

  return {
    takeExpired,
    forgetExpired: (tokenHash: string): Promise<void> => redis.ask(() => forget(tokenHash)),
    /** Notes when a session may have ended. */
    schedule,
  };
}

/** Finds the sessions that ended by themselves. */
export type RedisSessionExpiry = ReturnType<typeof createRedisSessionExpiry>;
