import type { Session } from '@sallyport/contracts';
import type { Logger, SessionStore } from '@sallyport/kit';
import { LRUCache } from 'lru-cache';

const everyMs = 60_000;

/** Keeps sessions in use from ending for lack of use. */
export type IdleRenewal = {
  /** Notes that the session was used. Never throws, never waits. */
  used(tokenHash: string, lookup: { session: Session; idleEndsAt: number }): void;
};

/** Creates the renewal: at most one write a minute for a token (sooner only where a session may idle for less than two), of which `max` are remembered. */
export function createIdleRenewal(deps: { sessions: Pick<SessionStore, 'renew'>; logger: Logger; now: () => number; max?: number }): IdleRenewal {
  const lastAt = new LRUCache<string, number>({ max: deps.max ?? 50_000 });
  const renew = async (tokenHash: string, session: Session) => deps.sessions.renew(tokenHash, session);
  return {
    used(tokenHash, { session, idleEndsAt }) {
      // A session that lives to its absolute end anyway, or that another replica has just renewed, needs nothing.
      if (idleEndsAt >= session.expiresAt) return;
      const now = deps.now();
      const interval = Math.min(everyMs, session.idleMs / 2);
      if (now - (idleEndsAt - session.idleMs) < interval || now - (lastAt.get(tokenHash) ?? -Infinity) < interval) return;
      lastAt.set(tokenHash, now);
      renew(tokenHash, session).catch((error: unknown) => {
        lastAt.delete(tokenHash);
        deps.logger.warn({ err: error, session: session.id }, 'a session\'s idle time could not be renewed');
      });
    },
  };
}
