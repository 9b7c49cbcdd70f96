import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** Returns what a session keeps for life: its indexes, its time limits and its owner depend on these fields. */
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
