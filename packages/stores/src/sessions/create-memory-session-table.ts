import type { createMemoryExpiredSessions } from './create-memory-expired-sessions.ts';
import { reasonOf, withoutClaims } from './expired-session.ts';
import { joinParent } from './join-parent.ts';
import { listed } from './listed.ts';
import { isOver, lookUp, sessionOf, type MemoryEntry } from './memory-entry.ts';
import type { SessionLookup } from './session-store.ts';

const sweepEveryMs = 60_000;

type Deps = { now: () => number; max: number; expired: Pick<ReturnType<typeof createMemoryExpiredSessions>, 'add'> };

/** Entries by token hash, by session id and by parent. What ends by itself is noted in `expired`. */
function createRows({ now, expired }: Deps) {
  const byHash = new Map<string, MemoryEntry>();
  const hashById = new Map<string, string>();
  const hashesByParent = new Map<string, Set<string>>();

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
    const [session, endedAt] = [withoutClaims(sessionOf(entry)), entry.idleEndsAt];
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
      hashById.set(entry.id, hash);
      if (entry.parentId === undefined) return;
      const siblings = hashesByParent.get(entry.parentId) ?? new Set();
      hashesByParent.set(entry.parentId, siblings.add(hash));
    },
    clear: () => [byHash, hashById, hashesByParent].forEach((one) => one.clear()),
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
    /** The sessions that hang on one and have not ended themselves. */
    childrenOf: (id: string): MemoryEntry[] =>
      rows
        .childrenOf(id)
        .map(present)
        .filter((entry) => entry !== undefined && !entry.tombstone) as MemoryEntry[],
    live: () =>
      [...byHash.keys()].map((hash) => find(hash)).flatMap((found) => (found.state === 'live' ? [listed(found)] : [])),
    add: rows.add,
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
    clear: rows.clear,
  };
}
