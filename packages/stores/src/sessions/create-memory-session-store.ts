import type { Session, SessionChange, SessionStart } from '@sallyport/contracts';
import { createListeners, ProblemError } from '@sallyport/kit';
import { memoryTables, savedStore, type Tables } from '../embedded/tables.ts';
import { idleEnd } from './expired-session.ts';
import { asStored, checkParent } from './join-parent.ts';
import {
  createMemoryExpiredSessions,
  createMemorySessionTable,
  replaceSession,
  revokeEntry,
  sessionOf,
} from './memory-session-table.ts';
import { createMemoryRightsEnds } from './rights-ends.ts';
import { changeOf, startOf, type RevokedSession, type SessionOwner, type SessionStore } from './session-store.ts';

function belongsTo({ identity, sid }: Session, of: SessionOwner): boolean {
  return identity.issuer === of.issuer && ('sid' in of ? sid === of.sid : identity.subject === of.subject);
}

/** Reports whether the token of a session would begin a new one if the store forgot that it was revoked. */
const keepsTombstone = ({ kind, parent }: Session) => kind === 'workload' && parent === undefined;

/** Ends a session early, with its children. */
function createRevoke({
  table,
  now,
  tell,
}: {
  table: Pick<ReturnType<typeof createMemorySessionTable>, 'byId' | 'childrenOf' | 'changed'>;
  now: () => number;
  tell(change: SessionChange): void;
}) {
  return (sessionId: string, { by, reason }: Parameters<SessionStore['revoke']>[1]): RevokedSession | undefined => {
    const entry = table.byId(sessionId);
    if (!entry || entry.tombstone) return undefined;
    const at = now();
    const end = (one: typeof entry, why: typeof reason) => {
      const ended = revokeEntry(one, { revokedAt: at, by, reason: why });
      table.changed(one);
      return ended;
    };
    const session = end(entry, reason);
    const children = table.childrenOf(sessionId).map((one) => end(one, 'parent-ended'));
    for (const one of [session, ...children]) tell(changeOf('revoked', one, at));
    return children.length === 0 ? session : { ...session, children };
  };
}

/**
 * Creates a session store in memory, for a single process or a test, with what `tables` keep on a disk. It keeps at most
 * `max` (100,000) sessions and tombstones; the oldest tombstones are dropped first.
 */
export function createMemorySessionStore(deps: { now: () => number; max?: number; tables?: Tables }): SessionStore {
  const { now, max = 100_000, tables = memoryTables } = deps;
  const expired = createMemoryExpiredSessions({ now, max, tables });
  const table = createMemorySessionTable({ now, max, expired, tables });
  const changes = createListeners<SessionChange>();
  const starts = createListeners<SessionStart>();
  const revoke = createRevoke({ table, now, tell: (change) => changes.tell(change) });

  const store: SessionStore = {
    async create(tokenHash, session) {
      if (table.present(tokenHash) || table.byId(session.id))
        throw new ProblemError('conflict', 'This session already exists.');
      if (!table.hasRoom()) throw new ProblemError('sessions-unavailable', 'The session store is full.');
      if (session.parent) checkParent(session, table.find(session.parent.hash));
      const { id, expiresAt, parent } = session;
      const text = JSON.stringify(asStored(session));
      const ends = { expiresAt, idleEndsAt: idleEnd(session, now()) };
      table.add(tokenHash, { text, id, parentId: parent?.id, keepsTombstone: keepsTombstone(session), ...ends });
      starts.tell(startOf(session, now()));
    },
    find: async (tokenHashes) => tokenHashes.map((hash) => table.find(hash)),
    read: async (sessionId) => table.findById(sessionId),
    async update(sessionId, change) {
      const entry = table.byId(sessionId);
      if (!entry || entry.tombstone) return undefined;
      const before = entry.text;
      const after = replaceSession(entry, change);
      if (entry.text === before) return after;
      table.changed(entry);
      const told = table.childrenOf(sessionId).map(sessionOf);
      for (const one of [after, ...told]) changes.tell(changeOf('changed', one, now()));
      return after;
    },
    async noteUse(tokenHash) {
      const entry = table.present(tokenHash);
      if (!entry || entry.tombstone || entry.usedAt !== undefined) return;
      entry.usedAt = now();
      table.changed(entry);
    },
    async renew(tokenHash, session) {
      const entry = table.present(tokenHash);
      if (!entry || entry.tombstone) return;
      entry.usedAt ??= now();
      entry.idleEndsAt = Math.max(entry.idleEndsAt, Math.min(entry.expiresAt, idleEnd(session, now())));
      table.changed(entry);
    },
    revoke: async (sessionId, by) => revoke(sessionId, by),
    // What was written before is on the disk, or there is none.
    confirm: async () => {},
    async takeExpired(limit, leaseMs) {
      table.expireAll();
      return expired.take(limit, leaseMs);
    },
    forgetExpired: async (tokenHash) => expired.forget(tokenHash),
    async list(of) {
      return table
        .live()
        .filter((session) => of === undefined || belongsTo(session, of))
        .sort((a, b) => a.createdAt - b.createdAt);
    },
    ...createMemoryRightsEnds({ now, tables }),
    onChange: (listener) => changes.add(listener),
    onStart: (listener) => starts.add(listener),
    // Listeners are called directly, so no change is ever missed.
    onGap: () => () => {},
    ping: async () => tables.check(),
    close: async () => {},
  };
  // What is lost of a use only ends a session earlier.
  return savedStore(store, tables, ['create', 'update', 'revoke', 'takeExpired', 'forgetExpired', 'endRights']);
}
