import type { Session, Tombstone } from '@sallyport/contracts';
import { LRUCache } from 'lru-cache';
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
  return (
    value?.['version'] === 1 &&
    typeof value['id'] === 'string' &&
    typeof value['expiresAt'] === 'number' &&
    typeof value['idleMs'] === 'number' &&
    typeof identity === 'object' &&
    identity !== null &&
    ['provider', 'issuer', 'subject', 'user'].every(
      (name) => typeof identity[name] === 'string' && identity[name] !== '',
    ) &&
    Array.isArray(identity['groups']) &&
    identity['groups'].every((group) => typeof group === 'string') &&
    typeof identity['claims'] === 'object' &&
    identity['claims'] !== null
  );
}

/** Turns the text of a session into a session; undefined if it is none. */
export type ReadSession = (text: string) => Session | undefined;

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/**
 * Reads sessions, and gives the very same object again for the very same text: whoever derives something from a session
 * can keep it with the object. Only the reading is remembered, never that a session is live. The objects are frozen, as
 * several callers share them.
 */
export function createReadSession(options: { max?: number } = {}): ReadSession {
  const known = new LRUCache<string, Session>({ max: options.max ?? 10_000 });
  return (text) => {
    const before = known.get(text);
    if (before) return before;
    const session = parse(text);
    if (!isSession(session)) return undefined;
    known.set(text, freeze(session));
    return session;
  };
}

/**
 * Judges the fields `session`, `idleEndsAt`, `revoked` and `usedAt` as they were read just now; what is missing, over
 * or unreadable is `unknown`.
 */
export function readStoredSession(
  [text, idleText, revoked, usedText]: Fields,
  now: number,
  readSession: ReadSession,
): SessionLookup {
  if (revoked != null) {
    const tombstone = parse(revoked);
    return tombstone ? { state: 'revoked', tombstone: tombstone as Tombstone } : { state: 'unknown' };
  }
  if (text == null || idleText == null) return { state: 'unknown' };
  const session = readSession(text);
  const idleEndsAt = Number(idleText);
  if (!session || !(now < session.expiresAt) || !(now < idleEndsAt)) return { state: 'unknown' };
  return usedText == null
    ? { state: 'live', session, idleEndsAt }
    : { state: 'live', session, idleEndsAt, usedAt: Number(usedText) };
}
