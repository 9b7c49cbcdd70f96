import type { Session, SessionChange } from '@sallyport/contracts';

/** What is published of a session that has ended or become another, at a moment in milliseconds since the epoch. */
export function changeOf(
  type: SessionChange['type'],
  { id, identity: { issuer, subject } }: Session,
  at: number,
): SessionChange {
  return { type, sessionId: id, issuer, subject, at };
}
