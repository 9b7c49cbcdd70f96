import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript, updateScript } from '../redis/redis-scripts.ts';
import { withoutClaims } from './expired-session.ts';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import type { ChildrenOf } from './redis-index.ts';
import { changeOf } from './session-store.ts';

/** What a session keeps for life: its indexes, its time limits and its owner depend on these fields. */
function fixedPart({
  version,
  id,
  kind,
  createdAt,
  expiresAt,
  idleMs,
  sid,
  parent,
  identity: { issuer, subject },
}: Session): string {
  return JSON.stringify([
    version,
    id,
    kind,
    createdAt,
    expiresAt,
    idleMs,
    sid ?? null,
    issuer,
    subject,
    parent ?? null,
  ]);
}

/** Throws `conflict` if a change would give a session another person, id or end. */
export function checkSameSession(before: Session, after: Session): void {
  if (fixedPart(before) !== fixedPart(after))
    throw new ProblemError('conflict', 'A change cannot give a session another person, id or end.');
}

const maxTries = 8;

/** Creates the compare-and-set over sessions. It compares the text that was read, so that no change is lost. */
export function createChangeRedisSession(deps: {
  redis: RedisConnection;
  keys: RedisKeys;
  childrenOf: ChildrenOf;
  now: () => number;
}) {
  const { redis, keys, childrenOf, now } = deps;
  const { client } = redis;
  const write = defineScript(deps.redis, updateScript);
  // Not shared with look-ups: their sessions are frozen.
  const readSession = createReadSession({ max: 1 });

  const attempt = async (
    tokenHash: string,
    sessionId: string,
    change: (session: Session) => Session,
  ): Promise<Session | 'again' | undefined> => {
    const fields = await client.hmget(keys.session(tokenHash), 'session', 'idleEndsAt', 'revoked');
    const at = now();
    const found = readStoredSession(fields, at, readSession);
    if (found.state !== 'live' || found.session.id !== sessionId) return undefined;
    const after = change(structuredClone(found.session));
    checkSameSession(found.session, after);
    const text = JSON.stringify(after);
    if (text === fields[0]) return after;
    const told = [after, ...(await childrenOf(sessionId))];
    const outcome = await write(
      keys.session(tokenHash),
      keys.end(tokenHash),
      sessionId,
      at,
      fields[0]!,
      text,
      JSON.stringify(withoutClaims(after)),
      keys.changes,
      ...told.map((one) => JSON.stringify(changeOf('changed', one, at))),
    );
    if (outcome === 2) return 'again';
    return outcome === 1 ? after : undefined;
  };

  return async (sessionId: string, change: (session: Session) => Session): Promise<Session | undefined> => {
    const tokenHash = await client.get(keys.id(sessionId));
    if (tokenHash === null) return undefined;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const outcome = await attempt(tokenHash, sessionId, change);
      if (outcome !== 'again') return outcome;
    }
    throw new ProblemError('conflict', 'Other requests keep changing this session. Try again.');
  };
}
