import { isLogin, type Session, type Tombstone } from '@sallyport/contracts';
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

/** Checks the parts that decisions depend on. A full schema check would cost more than the request that it protects. */
function hasForm({ version, kind, parent }: Partial<Session>): boolean {
  if (version !== (kind !== undefined && isLogin({ kind }) ? 1 : 2)) return false;
  return parent === undefined || (typeof parent?.id === 'string' && typeof parent.hash === 'string');
}

function isSession(value: Record<string, unknown> | undefined): value is Session {
  const identity = value?.['identity'] as Record<string, unknown> | null | undefined;
  return (
    value !== undefined &&
    hasForm(value) &&
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

/** Parses the text of a session; undefined if it is not one. */
type ReadSession = (text: string) => Session | undefined;

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/**
 * Creates a reader of sessions that returns the same object for the same text, so that callers can cache what they
 * derive from a session by the object. It remembers only the parsing, never that a session is live. The objects are
 * frozen because callers share them.
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
 * Interprets the fields `session`, `idleEndsAt`, `revoked` and `usedAt` as they were read at `now`. A session that is
 * missing, ended or unreadable is `unknown`.
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
