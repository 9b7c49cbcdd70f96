import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** What a session keeps for life: indexes, time limits and whoever holds it are tied to these. */
function tied({
  version,
  id,
  kind,
  createdAt,
  expiresAt,
  idleMs,
  sid,
  identity: { issuer, subject },
}: Session): string {
  return JSON.stringify([version, id, kind, createdAt, expiresAt, idleMs, sid ?? null, issuer, subject]);
}

/** Refuses (`conflict`) to make another person's session, or one with another end, of a session. */
export function checkSameSession(before: Session, after: Session): void {
  if (tied(before) !== tied(after))
    throw new ProblemError(
      'conflict',
      "A session stays the same person's, under the same name and until the same end.",
    );
}
