import type { Session } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { LRUCache } from 'lru-cache';

const everyMs = 60_000;

/** Keeps sessions in use from ending for lack of use. */
export type IdleRenewal = {
  /** Notes that the session was used. Never throws, never waits. */
  used(tokenHash: string, lookup: { session: Session; idleEndsAt: number; usedAt?: number }): void;
};

/** What is renewed. A store that cannot tell used sessions from others need not. */
type RenewedSessions = Pick<SessionStore, 'renew'> & Partial<Pick<SessionStore, 'noteUse'>>;

/**
 * Creates the renewal: at most one write a minute for a token (sooner only where a session may idle for less than two),
 * of which `max` are remembered. The first use of a session is noted at once: where a person may have so many sessions
 * only, those that were never used end first.
 */
export function createIdleRenewal(deps: {
  sessions: RenewedSessions;
  logger: Logger;
  now: () => number;
  max?: number;
}): IdleRenewal {
  const { sessions, logger, now, max = 50_000 } = deps;
  const [renewedAt, notedAt] = [new LRUCache<string, number>({ max }), new LRUCache<string, number>({ max })];
  const wasLately = (lastAt: LRUCache<string, number>, tokenHash: string, interval: number) =>
    now() - (lastAt.get(tokenHash) ?? -Infinity) < interval;
  const write = (lastAt: LRUCache<string, number>, tokenHash: string, session: Session, work: () => Promise<void>) => {
    lastAt.set(tokenHash, now());
    work().catch((error: unknown) => {
      lastAt.delete(tokenHash);
      logger.warn({ err: error, session: session.id }, "a session's idle time could not be renewed");
    });
  };
  return {
    used(tokenHash, { session, idleEndsAt, usedAt }) {
      if (usedAt === undefined && sessions.noteUse && !wasLately(notedAt, tokenHash, everyMs))
        write(notedAt, tokenHash, session, async () => sessions.noteUse!(tokenHash));
      // A session that lives to its absolute end anyway, or that another replica has just renewed, needs nothing.
      if (idleEndsAt >= session.expiresAt) return;
      const interval = Math.min(everyMs, session.idleMs / 2);
      if (now() - (idleEndsAt - session.idleMs) < interval || wasLately(renewedAt, tokenHash, interval)) return;
      write(renewedAt, tokenHash, session, async () => sessions.renew(tokenHash, session));
    },
  };
}
