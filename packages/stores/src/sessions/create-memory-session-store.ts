import type { Session, SessionChange, Tombstone } from '@sallyport/contracts';
import { createListeners, ProblemError } from '@sallyport/kit';
import { changeOf } from './change-of.ts';
import { checkParent, writeNewSession } from './check-new-session.ts';
import { checkSameSession } from './check-same-session.ts';
import { idleEnd } from './idle-end.ts';
import { joinParent } from './join-parent.ts';
import { listed } from './listed.ts';
import type { SessionLookup, SessionOwner, SessionStore } from './session-store.ts';

type Entry = {
  text: string;
  id: string;
  parentId: string | undefined;
  keepsTombstone: boolean;
  expiresAt: number;
  idleEndsAt: number;
  usedAt?: number;
  tombstone?: Tombstone;
};
const sweepEveryMs = 60_000;

const ended = (entry: Entry, at: number) =>
  at >= entry.expiresAt || (entry.tombstone === undefined && at >= entry.idleEndsAt);

function lookUp(entry: Entry | undefined): SessionLookup {
  if (entry === undefined) return { state: 'unknown' };
  if (entry.tombstone) return { state: 'revoked', tombstone: { ...entry.tombstone } };
  return {
    state: 'live',
    session: JSON.parse(entry.text) as Session,
    idleEndsAt: entry.idleEndsAt,
    ...(entry.usedAt === undefined ? {} : { usedAt: entry.usedAt }),
  };
}

const sessionOf = ({ text }: Entry) => JSON.parse(text) as Session;

function end(entry: Entry, tombstone: Omit<Tombstone, 'id'>): Session {
  const session = sessionOf(entry);
  entry.tombstone = { id: entry.id, ...tombstone };
  entry.text = '';
  return session;
}

function replace(entry: Entry, change: (session: Session) => Session): Session {
  const after = change(JSON.parse(entry.text) as Session);
  checkSameSession(JSON.parse(entry.text) as Session, after);
  entry.text = JSON.stringify(after);
  return JSON.parse(entry.text) as Session;
}

function belongsTo({ identity, sid }: Session, of: SessionOwner): boolean {
  return identity.issuer === of.issuer && ('sid' in of ? sid === of.sid : identity.subject === of.subject);
}

/** Entries by token hash and by session id. Ended entries are never returned. */
function createTable(now: () => number, max: number) {
  const byHash = new Map<string, Entry>();
  const hashById = new Map<string, string>();
  let nextSweep = 0;
  const forget = (hash: string, entry: Entry) => {
    byHash.delete(hash);
    hashById.delete(entry.id);
  };
  const present = (hash: string | undefined): Entry | undefined => {
    const entry = hash === undefined ? undefined : byHash.get(hash);
    if (entry === undefined || !ended(entry, now())) return entry;
    forget(hash!, entry);
    return undefined;
  };
  const find = (hash: string | undefined): SessionLookup => {
    const found = lookUp(present(hash));
    const parent = found.state === 'live' ? found.session.parent : undefined;
    return found.state === 'live' && parent ? joinParent(found, lookUp(present(parent.hash))) : found;
  };
  return {
    present,
    find,
    byId: (id: string) => present(hashById.get(id)),
    findById: (id: string) => find(hashById.get(id)),
    /** The sessions that hang on one and have not ended themselves. */
    childrenOf: (id: string): Entry[] =>
      [...byHash.keys()].flatMap((hash) => {
        const entry = byHash.get(hash)?.parentId === id ? present(hash) : undefined;
        return entry && !entry.tombstone ? [entry] : [];
      }),
    live: () =>
      [...byHash.keys()].map((hash) => find(hash)).flatMap((found) => (found.state === 'live' ? [listed(found)] : [])),
    add(hash: string, entry: Entry) {
      byHash.set(hash, entry);
      hashById.set(entry.id, hash);
    },
    /**
     * Reports whether a session can be added, and drops ended sessions and tombstones to make room. A tombstone only
     * says why a token is refused; without it the token is still refused. So a client that starts and ends sessions in
     * a loop cannot fill the store. That of a workload stays, because its token would begin a new session.
     */
    hasRoom() {
      const at = now();
      if (at >= nextSweep || byHash.size >= max) {
        nextSweep = at + sweepEveryMs;
        for (const [hash, entry] of byHash) if (ended(entry, at)) forget(hash, entry);
        for (const [hash, entry] of byHash.size < max ? [] : byHash) {
          if (entry.tombstone && !entry.keepsTombstone) forget(hash, entry);
          if (byHash.size <= max * 0.9) break;
        }
      }
      return byHash.size < max;
    },
    clear() {
      byHash.clear();
      hashById.clear();
    },
  };
}

/** Reports whether the token of a session would begin a new one if the store forgot that it was revoked. */
const keepsTombstone = ({ kind, parent }: Session) => kind === 'workload' && parent === undefined;

/**
 * Creates a session store in memory, for a single process or a test. It keeps at most `max` (100,000) sessions and
 * tombstones; the oldest tombstones are dropped first.
 */
export function createMemorySessionStore(deps: { now: () => number; max?: number }): SessionStore {
  const { now, max = 100_000 } = deps;
  const table = createTable(now, max);
  const changes = createListeners<SessionChange>();

  return {
    async create(tokenHash, session) {
      if (table.present(tokenHash) || table.byId(session.id))
        throw new ProblemError('conflict', 'This session already exists.');
      if (!table.hasRoom()) throw new ProblemError('sessions-unavailable', 'The session store is full.');
      if (session.parent) checkParent(session, table.find(session.parent.hash));
      const { id, expiresAt, parent } = session;
      const text = writeNewSession(session);
      const ends = { expiresAt, idleEndsAt: idleEnd(session, now()) };
      table.add(tokenHash, { text, id, parentId: parent?.id, keepsTombstone: keepsTombstone(session), ...ends });
    },
    find: async (tokenHashes) => tokenHashes.map((hash) => table.find(hash)),
    read: async (sessionId) => table.findById(sessionId),
    async update(sessionId, change) {
      const entry = table.byId(sessionId);
      if (!entry || entry.tombstone) return undefined;
      const before = entry.text;
      const after = replace(entry, change);
      if (entry.text === before) return after;
      const told = table.childrenOf(sessionId).map(sessionOf);
      for (const one of [after, ...told]) changes.tell(changeOf('changed', one, now()));
      return after;
    },
    async noteUse(tokenHash) {
      const entry = table.present(tokenHash);
      if (entry && !entry.tombstone) entry.usedAt ??= now();
    },
    async renew(tokenHash, session) {
      const entry = table.present(tokenHash);
      if (!entry || entry.tombstone) return;
      entry.usedAt ??= now();
      entry.idleEndsAt = Math.max(entry.idleEndsAt, Math.min(entry.expiresAt, idleEnd(session, now())));
    },
    async revoke(sessionId, { by, reason }) {
      const entry = table.byId(sessionId);
      if (!entry || entry.tombstone) return undefined;
      const at = now();
      const session = end(entry, { revokedAt: at, by, reason });
      const children = table
        .childrenOf(sessionId)
        .map((one) => end(one, { revokedAt: at, by, reason: 'parent-ended' }));
      for (const one of [session, ...children]) changes.tell(changeOf('revoked', one, at));
      return children.length === 0 ? session : { ...session, children };
    },
    async list(of) {
      return table
        .live()
        .filter((session) => of === undefined || belongsTo(session, of))
        .sort((a, b) => a.createdAt - b.createdAt);
    },
    onChange: (listener) => changes.add(listener),
    // Listeners are called directly, so no change is ever missed.
    onGap: () => () => {},
    ping: async () => {},
    close: async () => table.clear(),
  };
}
