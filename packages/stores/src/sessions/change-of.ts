import type { Session, SessionChange } from '@sallyport/contracts';

/** Returns the message that tells listeners of an ended or changed session; `at` is in milliseconds since the epoch. */
export function changeOf(
  type: SessionChange['type'],
  { id, identity: { issuer, subject } }: Session,
  at: number,
): SessionChange {
  return { type, sessionId: id, issuer, subject, at };
}
