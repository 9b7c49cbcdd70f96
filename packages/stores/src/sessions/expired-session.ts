import type { Session } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';

/**
 * A session that ended by itself: at the end of its lifetime, because it was not used, or because its parent did.
 * `session` has no claims.
 */
export type ExpiredSession = {
  tokenHash: string;
  session: Session;
  reason: 'lifetime' | 'idle' | 'parent-ended';
  endedAt: number;
};

/** Clocks may differ by this much. A session counts as expired once it has ended on all of them. */
export const clockSlackMs = 30_000;

/** How long it is known that a session has ended by itself, for who records it. */
export const keptAfterEndMs = dayMs;

/** What is kept of a session for when it has ended. No event has its claims. */
export const withoutClaims = (session: Session): Session => ({
  ...session,
  identity: { ...session.identity, claims: {} },
});

/** Returns why a session ended, given when it would have ended without another use. */
export const reasonOf = ({ expiresAt }: Session, idleEndsAt: number): ExpiredSession['reason'] =>
  idleEndsAt >= expiresAt ? 'lifetime' : 'idle';

/** Returns when a session ends that is used at `at` and then no more. */
export const idleEnd = (session: Session, at: number): number => Math.min(session.expiresAt, at + session.idleMs);
