import { dueScript, scheduleScript } from '../provider-tokens/provider-token-scripts.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript } from '../redis/redis-scripts.ts';
import { clockSlackMs, keptAfterEndMs, reasonOf, type ExpiredSession } from './expired-session.ts';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import { endScript } from './session-end-scripts.ts';
import type { SessionStore } from './session-store.ts';

/** The end of a revoked parent is told by who revoked it, who also ends the children. This is for when they could not. */
const revokingMs = 60_000;

type Parts = { redis: RedisConnection; keys: RedisKeys; now: () => number };
type Answer = ['none' | 'live' | 'over', string, string, string];

/**
 * Creates what finds the sessions that ended by themselves: one set of all sessions, by when each may have ended. A use
 * moves the end of a session and not its place in the set. A session that is still live when it is due gets its new
 * place then, so that a use costs nothing more.
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
