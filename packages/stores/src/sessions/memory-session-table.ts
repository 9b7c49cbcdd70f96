import type { Session, Tombstone } from '@sallyport/contracts';
import { checkSameSession } from './change-redis-session.ts';
import { clockSlackMs, keptAfterEndMs, type ExpiredSession, reasonOf, withoutClaims } from './expired-session.ts';
import type { Tables } from '../embedded/tables.ts';
import { joinParent } from './join-parent.ts';
import { type SessionLookup, listed } from './session-store.ts';

/** The sessions of a store in memory that ended by themselves. It drops the oldest of more than `max`. */
export function createMemoryExpiredSessions({ now, max, tables }: Pick<Deps, 'now' | 'max' | 'tables'>) {
  const kept = tables.map<{ one: ExpiredSession; dueAt: number }>('expired-sessions');
  return {
    add(one: ExpiredSession) {
      for (const hash of kept.keys()) {
        if (kept.size < max) break;
        kept.delete(hash);
      }
      kept.set(one.tokenHash, { one, dueAt: one.endedAt + clockSlackMs });
    },
    take(limit: number, leaseMs: number) {
      const at = now();
      for (const [hash, { one }] of kept) if (one.endedAt + keptAfterEndMs <= at) kept.delete(hash);
      const due = [...kept.values()].filter(({ dueAt }) => dueAt <= at).slice(0, limit);
      for (const { one } of due) kept.set(one.tokenHash, { one, dueAt: at + leaseMs });
      return { expired: due.map(({ one }) => structuredClone(one)), more: due.length === limit };
    },
    forget: (tokenHash: string) => void kept.delete(tokenHash),
  };
}

/** A session in memory, or what remains of one that was revoked. */
type MemoryEntry = {
  text: string;
  id: string;
  parentId?: string | undefined;
  keepsTombstone: boolean;
  expiresAt: number;
  idleEndsAt: number;
  usedAt?: number;
  tombstone?: Tombstone;
};

/** Reports whether the time of an entry is over. */
const isOver = (entry: MemoryEntry, at: number): boolean =>
  at >= entry.expiresAt || (entry.tombstone === undefined && at >= entry.idleEndsAt);

/** What is known of an entry by itself. */
function lookUp(entry: MemoryEntry | undefined): SessionLookup {
  if (entry === undefined) return { state: 'unknown' };
  if (entry.tombstone) return { state: 'revoked', tombstone: { ...entry.tombstone } };
  return {
    state: 'live',
    session: JSON.parse(entry.text) as Session,
    idleEndsAt: entry.idleEndsAt,
    ...(entry.usedAt === undefined ? {} : { usedAt: entry.usedAt }),
  };
}

/** Returns the session of an entry that was not revoked. */
export const sessionOf = ({ text }: MemoryEntry): Session => JSON.parse(text) as Session;

/** Turns an entry into what remains of a session that was revoked. */
export function revokeEntry(entry: MemoryEntry, tombstone: Omit<Tombstone, 'id'>): Session {
  const session = sessionOf(entry);
  entry.tombstone = { id: entry.id, ...tombstone };
  entry.text = '';
  return session;
}

/** Replaces the session of an entry. */
export function replaceSession(entry: MemoryEntry, change: (session: Session) => Session): Session {
  const after = change(JSON.parse(entry.text) as Session);
  checkSameSession(JSON.parse(entry.text) as Session, after);
  entry.text = JSON.stringify(after);
  return JSON.parse(entry.text) as Session;
}

const sweepEveryMs = 60_000;

type Deps = {
  now: () => number;
  max: number;
  tables: Tables;
  expired: Pick<ReturnType<typeof createMemoryExpiredSessions>, 'add'>;
};

/** Entries by token hash, by session id and by parent. What ends by itself is noted in `expired`. */
function createRows({ now, expired, tables }: Deps) {
  const byHash = tables.map<MemoryEntry>('sessions');
  const hashById = new Map<string, string>();
  const hashesByParent = new Map<string, Set<string>>();

  const index = (hash: string, entry: MemoryEntry) => {
    hashById.set(entry.id, hash);
    if (entry.parentId === undefined) return;
    const siblings = hashesByParent.get(entry.parentId) ?? new Set();
    hashesByParent.set(entry.parentId, siblings.add(hash));
  };
  for (const [hash, entry] of byHash) index(hash, entry);
  const forget = (hash: string, entry: MemoryEntry) => {
    byHash.delete(hash);
    hashById.delete(entry.id);
    const siblings = entry.parentId === undefined ? undefined : hashesByParent.get(entry.parentId);
    if (siblings?.delete(hash) && siblings.size === 0) hashesByParent.delete(entry.parentId!);
  };
  /** Forgets an entry that is over. Unless it was revoked, the session has ended by itself, and its children with it. */
  const expire = (hash: string, entry: MemoryEntry) => {
    forget(hash, entry);
    if (entry.tombstone) return;
    const session = withoutClaims(sessionOf(entry));
    const endedAt = entry.idleEndsAt;
    expired.add({ tokenHash: hash, session, reason: reasonOf(session, endedAt), endedAt });
    for (const childHash of hashesByParent.get(entry.id) ?? []) {
      const child = byHash.get(childHash)!;
      if (child.tombstone) continue;
      if (isOver(child, now())) expire(childHash, child);
      else {
        forget(childHash, child);
        const ofChild = withoutClaims(sessionOf(child));
        expired.add({ tokenHash: childHash, session: ofChild, reason: 'parent-ended', endedAt });
      }
    }
  };
  const present = (hash: string | undefined): MemoryEntry | undefined => {
    const entry = hash === undefined ? undefined : byHash.get(hash);
    if (entry === undefined || !isOver(entry, now())) return entry;
    expire(hash!, entry);
    return undefined;
  };
  return {
    byHash,
    forget,
    expire,
    present,
    hashOf: (id: string) => hashById.get(id),
    childrenOf: (id: string) => [...(hashesByParent.get(id) ?? [])],
    add(hash: string, entry: MemoryEntry) {
      byHash.set(hash, entry);
      index(hash, entry);
    },
    /** Must be called after an entry was changed. */
    changed: (entry: MemoryEntry) => void byHash.set(hashById.get(entry.id)!, entry),
  };
}

/** Creates the sessions in memory. Those that are over are never returned. */
export function createMemorySessionTable(deps: Deps) {
  const { now, max } = deps;
  const { byHash, forget, expire, present, ...rows } = createRows(deps);
  let nextSweep = 0;
  const find = (hash: string | undefined): SessionLookup => {
    const found = lookUp(present(hash));
    const parent = found.state === 'live' ? found.session.parent : undefined;
    return found.state === 'live' && parent ? joinParent(found, lookUp(present(parent.hash))) : found;
  };
  const expireAll = () => {
    const at = now();
    for (const [hash, entry] of byHash) if (isOver(entry, at)) expire(hash, entry);
  };
  return {
    present,
    find,
    expireAll,
    byId: (id: string) => present(rows.hashOf(id)),
    findById: (id: string) => find(rows.hashOf(id)),
    /** The child sessions of one that have not ended themselves. */
    childrenOf: (id: string): MemoryEntry[] =>
      rows
        .childrenOf(id)
        .map(present)
        .filter((entry) => entry !== undefined && !entry.tombstone) as MemoryEntry[],
    live: () =>
      [...byHash.keys()].map((hash) => find(hash)).flatMap((found) => (found.state === 'live' ? [listed(found)] : [])),
    add: rows.add,
    changed: rows.changed,
    /**
     * Reports whether a session can be added, and drops ended sessions and tombstones to make room. A tombstone only
     * says why a token is refused; without it the token is still refused. So a client that starts and ends sessions in
     * a loop cannot fill the store. That of a workload stays, because its token would begin a new session.
     */
    hasRoom() {
      const at = now();
      if (at >= nextSweep || byHash.size >= max) {
        nextSweep = at + sweepEveryMs;
        expireAll();
        for (const [hash, entry] of byHash.size < max ? [] : byHash) {
          if (entry.tombstone && !entry.keepsTombstone) forget(hash, entry);
          if (byHash.size <= max * 0.9) break;
        }
      }
      return byHash.size < max;
    },
  };
}
