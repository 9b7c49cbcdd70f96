import type { Session } from '@sallyport/contracts';

/** Returns when a session ends that is used at `at` and then no more. */
export const idleEnd = (session: Session, at: number): number => Math.min(session.expiresAt, at + session.idleMs);
