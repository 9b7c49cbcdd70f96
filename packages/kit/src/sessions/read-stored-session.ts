import type { Session, Tombstone } from '@sallyport/contracts';
import type { SessionLookup } from './session-store.ts';

type Fields = readonly (string | null | undefined)[];

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The parts that decisions hang on; a full schema check would cost more than the request it guards. */
function isSession(value: Record<string, unknown> | undefined): value is Session {
  const identity = value?.['identity'] as Record<string, unknown> | null | undefined;
  return value?.['version'] === 1 && typeof value['id'] === 'string' && typeof value['expiresAt'] === 'number' && typeof value['idleMs'] === 'number'
    && typeof identity === 'object' && identity !== null
    && ['provider', 'issuer', 'subject', 'user'].every((name) => typeof identity[name] === 'string' && identity[name] !== '')
    && Array.isArray(identity['groups']) && identity['groups'].every((group) => typeof group === 'string')
    && typeof identity['claims'] === 'object' && identity['claims'] !== null;
}

/** Reads the fields `session`, `idleEndsAt` and `revoked` back; what is missing, over or unreadable is `unknown`. */
export function readStoredSession([text, idleText, revoked]: Fields, now: number): SessionLookup {
  if (revoked != null) {
    const tombstone = parse(revoked);
    return tombstone ? { state: 'revoked', tombstone: tombstone as Tombstone } : { state: 'unknown' };
  }
  if (text == null || idleText == null) return { state: 'unknown' };
  const session = parse(text);
  const idleEndsAt = Number(idleText);
  if (!isSession(session) || !(now < session.expiresAt) || !(now < idleEndsAt)) return { state: 'unknown' };
  return { state: 'live', session, idleEndsAt };
}
