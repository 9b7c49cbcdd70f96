import type { Session, Tombstone } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisIndex } from '../redis/redis-index.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { createScript, defineScript, revokeScript } from '../redis/redis-scripts.ts';
import { changeOf } from './change-of.ts';
import { checkParent, writeNewSession } from './check-new-session.ts';
import type { ChildrenOf } from './children-of.ts';
import { idleEnd } from './idle-end.ts';
import type { LookUpSessions } from './look-up-sessions.ts';
import type { RevokedSession, SessionStore } from './session-store.ts';

type By = Parameters<SessionStore['revoke']>[1];

type Parts = {
  redis: RedisConnection;
  keys: RedisKeys;
  index: RedisIndex;
  lookUp: LookUpSessions;
  childrenOf: ChildrenOf;
  now: () => number;
};

/**
 * Creates the two writes that must keep an order: starting a session and ending it early. A session is in the index of
 * its parent's children before it looks whether the parent is still there. So either that look, or the end of the
 * parent, sees the other.
 */
export function createRedisSessionWrites({ redis, keys, index, lookUp, childrenOf, now }: Parts) {
  const { client } = redis;
  const create = defineScript(redis, createScript);
  const revoke = defineScript(redis, revokeScript);
  const indexesOf = ({ identity, sid, parent }: Session) => [
    keys.allSessions,
    keys.person(identity),
    ...(sid === undefined ? [] : [keys.providerSession({ issuer: identity.issuer, sid })]),
    ...(parent === undefined ? [] : [keys.children(parent.id)]),
  ];

  async function write(tokenHash: string, session: Session): Promise<void> {
    const at = now();
    const life = session.expiresAt - at;
    if (!(life > 0)) throw new ProblemError('login-expired', 'The session would have ended before it started.');
    if (session.parent) checkParent(session, await lookUp.one(session.parent.hash));
    if ((await client.set(keys.id(session.id), tokenHash, 'PX', Math.ceil(life), 'NX')) === null)
      throw new ProblemError('conflict', 'This session already exists.');
    await Promise.all(indexesOf(session).map((key) => index.add(key, tokenHash, session, at)));
    const idleEndsAt = idleEnd(session, at);
    const made = await create(
      keys.session(tokenHash),
      writeNewSession(session),
      session.id,
      session.expiresAt,
      idleEndsAt,
      Math.ceil(idleEndsAt - at),
    );
    if (made === 1) return confirmParent(session);
    await Promise.all(indexesOf(session).map((key) => index.remove(key, tokenHash, session)));
    throw new ProblemError('conflict', 'This session already exists.');
  }

  async function confirmParent(session: Session): Promise<void> {
    if (!session.parent) return;
    try {
      checkParent(session, await lookUp.one(session.parent.hash));
    } catch (error) {
      await endAlone(session.id, { by: 'authenticate', reason: 'parent-ended' }, []);
      throw error;
    }
  }

  /** Ends one session and says so, also of its children, whose streams must end now. */
  async function endAlone(sessionId: string, { by, reason }: By, children: readonly Session[]) {
    const tokenHash = await client.get(keys.id(sessionId));
    if (tokenHash === null) return undefined;
    const [found] = await lookUp.own([tokenHash]);
    if (found?.state !== 'live') return undefined;
    const { session } = found;
    const at = now();
    const tombstone: Tombstone = { id: sessionId, revokedAt: at, by, reason };
    const ended = await revoke(
      keys.session(tokenHash),
      sessionId,
      at,
      JSON.stringify(tombstone),
      keys.changes,
      ...[session, ...children].map((one) => JSON.stringify(changeOf('revoked', one, at))),
    );
    if (ended !== 1) return undefined;
    // The session has ended. What stays in an index is removed by the next list.
    await Promise.all(indexesOf(session).map((key) => index.remove(key, tokenHash, session))).catch(() => {});
    return session;
  }

  async function end(sessionId: string, by: By): Promise<RevokedSession | undefined> {
    const ended = await endAlone(sessionId, by, await childrenOf(sessionId));
    if (!ended || ended.parent) return ended;
    // They are dead already, because their parent is. A child that began in the meantime is told of here.
    const left = await childrenOf(sessionId);
    const children = await Promise.all(
      left.map((child) => endAlone(child.id, { by: by.by, reason: 'parent-ended' }, [])),
    );
    const told = children.filter((child) => child !== undefined);
    return told.length === 0 ? ended : { ...ended, children: told };
  }

  return { write, end };
}
