import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { createScript, defineScript } from '../redis/redis-scripts.ts';
import type { RedisSessionExpiry } from './create-redis-session-expiry.ts';
import { keptAfterEndMs, withoutClaims, idleEnd } from './expired-session.ts';
import { asStored, checkParent } from './join-parent.ts';
import type { LookUpSessions } from './look-up-sessions.ts';
import type { RedisIndex } from './redis-index.ts';
import { startOf, type SessionStore } from './session-store.ts';

type Parts = {
  redis: RedisConnection;
  keys: RedisKeys;
  index: RedisIndex;
  lookUp: LookUpSessions;
  expiry: Pick<RedisSessionExpiry, 'schedule'>;
  /** Ends a session that must not have begun. */
  end: SessionStore['revoke'];
  now: () => number;
};

/**
 * Creates the function that stores a new session. A session is put into the index of its parent's children before the
 * parent is looked up once more. So either that look-up, or the end of the parent, finds the other.
 */
export function createRedisSessionStart({
  redis,
  keys,
  index,
  lookUp,
  expiry,
  end,
  now,
}: Parts): SessionStore['create'] {
  const { client } = redis;
  const create = defineScript(redis, createScript);

  async function confirmParent(session: Session): Promise<void> {
    if (!session.parent) return;
    try {
      checkParent(session, await lookUp.one(session.parent.hash));
    } catch (error) {
      await end(session.id, { by: 'authenticate', reason: 'parent-ended' });
      throw error;
    }
  }

  return async (tokenHash, session) => {
    const at = now();
    const life = session.expiresAt - at;
    if (!(life > 0)) throw new ProblemError('login-expired', 'The session would have ended before it started.');
    const parentEndsAt = session.parent && checkParent(session, await lookUp.one(session.parent.hash));
    // The id of a workload's session is made from its token, so another replica may be creating the same session, or may
    // have stopped before it existed. The script decides then, and the indexes stay as they are.
    const mayRepeat = session.kind === 'workload' && session.parent === undefined;
    const isTaken = (await client.set(keys.id(session.id), tokenHash, 'PX', Math.ceil(life), 'NX')) === null;
    if (isTaken && !(mayRepeat && (await client.get(keys.id(session.id))) === tokenHash))
      throw new ProblemError('conflict', 'This session already exists.');
    const indexes = keys.indexesOf(session);
    const idleEndsAt = idleEnd(session, at);
    await Promise.all([
      ...indexes.map((key) => index.add(key, tokenHash, session, at)),
      expiry.schedule(tokenHash, Math.min(idleEndsAt, parentEndsAt ?? idleEndsAt), at),
    ]);
    const stored = asStored(session);
    const made = await create(
      keys.session(tokenHash),
      keys.end(tokenHash),
      JSON.stringify(stored),
      session.id,
      session.expiresAt,
      idleEndsAt,
      Math.ceil(idleEndsAt - at),
      JSON.stringify(withoutClaims(stored)),
      Math.ceil(idleEndsAt - at) + keptAfterEndMs,
    );
    if (made === 1) {
      await confirmParent(session);
      // Lists may be late. A login does not wait for it, and does not fail.
      client.publish(keys.starts, JSON.stringify(startOf(session, at))).catch(() => {});
      return;
    }
    if (!mayRepeat) await Promise.all(indexes.map((key) => index.remove(key, tokenHash, session)));
    throw new ProblemError('conflict', 'This session already exists.');
  };
}
