import type { Session } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { LRUCache } from 'lru-cache';

const everyMs = 60_000;
/** How exactly it is known when a service account was last used. */
const lastUseMs = 600_000;

/** Renews the idle time of sessions that are in use. */
export type IdleRenewal = {
  /** Records that the session was used, and its parent. Never throws and never waits. */
  used(tokenHash: string, lookup: Used & { parent?: Used }): void;
};
type Used = { session: Session; idleEndsAt: number; usedAt?: number };

/** The session store. `noteUse` and `update` are optional, for stores that do not distinguish used sessions. */
type RenewedSessions = Pick<SessionStore, 'renew'> & Partial<Pick<SessionStore, 'noteUse' | 'update'>>;

/**
 * Creates the renewal: at most one write per minute and token, or more often if the idle time is less than two minutes.
 * Remembers up to `max` tokens. The first use of a session is recorded at once, because sessions that were never used
 * end first when a user reaches the limit of sessions.
 */
export function createIdleRenewal(deps: {
  sessions: RenewedSessions;
  logger: Logger;
  now: () => number;
  max?: number;
}): IdleRenewal {
  const { sessions, logger, now, max = 50_000 } = deps;
  const created = () => new LRUCache<string, number>({ max });
  const renewedAt = created();
  const notedAt = created();
  const lastUseAt = created();
  const wasRecently = (lastAt: LRUCache<string, number>, tokenHash: string, interval: number) =>
    now() - (lastAt.get(tokenHash) ?? -Infinity) < interval;
  const write = (lastAt: LRUCache<string, number>, tokenHash: string, session: Session, work: () => Promise<void>) => {
    lastAt.set(tokenHash, now());
    work().catch((error: unknown) => {
      lastAt.delete(tokenHash);
      logger.warn({ err: error, session: session.id }, 'the idle time of a session could not be renewed');
    });
  };
  const noteLastUse = (tokenHash: string, session: Session) => {
    const { serviceAccount, id } = session;
    const at = now();
    if (!serviceAccount || !sessions.update || at - (serviceAccount.lastUsedAt ?? -Infinity) < lastUseMs) return;
    if (wasRecently(lastUseAt, tokenHash, lastUseMs)) return;
    write(lastUseAt, tokenHash, session, async () => {
      await sessions.update!(id, (one) =>
        one.serviceAccount ? { ...one, serviceAccount: { ...one.serviceAccount, lastUsedAt: at } } : one,
      );
    });
  };
  const usedOne = (tokenHash: string, { session, idleEndsAt, usedAt }: Used) => {
    if (usedAt === undefined && sessions.noteUse && !wasRecently(notedAt, tokenHash, everyMs))
      write(notedAt, tokenHash, session, async () => sessions.noteUse!(tokenHash));
    // No renewal is needed if the session lasts to its absolute end, or if another replica has just renewed it.
    if (idleEndsAt >= session.expiresAt) return;
    const interval = Math.min(everyMs, session.idleMs / 2);
    if (now() - (idleEndsAt - session.idleMs) < interval || wasRecently(renewedAt, tokenHash, interval)) return;
    write(renewedAt, tokenHash, session, async () => sessions.renew(tokenHash, session));
  };
  return {
    used(tokenHash, lookup) {
      usedOne(tokenHash, lookup);
      noteLastUse(tokenHash, lookup.session);
      const { parent } = lookup.session;
      if (parent && lookup.parent) usedOne(parent.hash, lookup.parent);
    },
  };
}
