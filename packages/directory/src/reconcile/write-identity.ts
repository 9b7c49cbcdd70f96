import { isDeepStrictEqual } from 'node:util';
import type { Identity, EndReason, Session } from '@sallyport/contracts';
import type { RevokedSession, SessionStore } from '@sallyport/stores';

const maxNamed = 20;
const named = (sign: string, groups: readonly string[]) => [
  ...groups.slice(0, maxNamed).map((group) => `${sign}${JSON.stringify(group)}`),
  ...(groups.length > maxNamed ? [`${sign}${groups.length - maxNamed} more`] : []),
];

/**
 * Describes how an identity changed, or returns undefined if it did not. Claims are named without their values.
 */
function describeChange(before: Identity, after: Identity): string | undefined {
  const had = new Set(before.groups);
  const has = new Set(after.groups);
  const groups = [
    ...named(
      '+',
      [...has].filter((group) => !had.has(group)),
    ),
    ...named(
      '-',
      [...had].filter((group) => !has.has(group)),
    ),
  ];
  const claims = [...new Set([...Object.keys(before.claims), ...Object.keys(after.claims)])].filter(
    (name) => !isDeepStrictEqual(before.claims[name], after.claims[name]),
  );
  const parts = [
    ...(['user', 'email', 'name'] as const)
      .filter((name) => before[name] !== after[name])
      .map((name) => `${name}: ${JSON.stringify(before[name] ?? null)} to ${JSON.stringify(after[name] ?? null)}`),
    ...(groups.length > 0 ? [`groups: ${groups.join(' ')}`] : []),
    ...(claims.length > 0
      ? [
          `claims: ${claims
            .slice(0, maxNamed)
            .map((name) => JSON.stringify(name.slice(0, 100)))
            .join(', ')}`,
        ]
      : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}

/** Receives what the directory changes in sessions. */
export type SessionEvents = {
  /** A session and its children ended because the directory no longer admits their user. */
  ended(session: RevokedSession, why: { reason: EndReason; detail: string }): unknown;
  /** A session lost groups; `change` describes which. */
  refreshed(session: Session, change: string): void;
  /**
   * Records a change that may give the user rights before it takes effect; `session` is as it will be. `late`: not
   * recorded in time, but it may still be. `unavailable`: not recorded. Never rejects.
   */
  widened(session: Session, change: string): Promise<'recorded' | 'late' | 'unavailable'>;
  /** A change that `widened` recorded, or may have, did not take effect. `session` is as it is. */
  notWidened(session: Session, change: string): void;
};

type WriteIdentityDeps = {
  sessions: Pick<SessionStore, 'update'>;
  events: Pick<SessionEvents, 'refreshed' | 'widened' | 'notWidened'>;
};

/**
 * `stale`: another process has changed the session since it was read, and nothing was written. `unrecorded`: what may
 * give the user rights was not recorded in time. Only the groups that the user lost were written.
 */
export type WrittenIdentity = 'written' | 'unchanged' | 'stale' | 'gone' | 'unrecorded';

const withoutGroups = ({ groups: _groups, ...rest }: Identity) => rest;

/**
 * Reports whether a change may give the user rights: it is more than the loss of groups. The loss of a group that a
 * policy denies gives rights too, but it must not wait, because nearly always it takes them.
 */
function mayWiden(before: Identity, after: Identity): boolean {
  const had = new Set(before.groups);
  return (
    after.groups.some((group) => !had.has(group)) || !isDeepStrictEqual(withoutGroups(before), withoutGroups(after))
  );
}

/**
 * Writes a new identity into a session as it was read. What may give the user rights is recorded before it takes
 * effect. What only takes groups away takes effect at once and is recorded afterwards.
 */
export async function writeIdentity(
  deps: WriteIdentityDeps,
  found: Session,
  identity: Identity,
): Promise<WrittenIdentity> {
  const { sessions, events } = deps;
  const change = describeChange(found.identity, identity);
  const widens = change !== undefined && mayWiden(found.identity, identity);
  if (widens) {
    const outcome = await events.widened({ ...found, identity }, change);
    if (outcome !== 'recorded') {
      if (outcome === 'late') events.notWidened(found, change);
      const kept = found.identity.groups.filter((group) => identity.groups.includes(group));
      if (kept.length === found.identity.groups.length) return 'unrecorded';
      const narrowed = await writeIdentity(deps, found, { ...found.identity, groups: kept });
      return narrowed === 'stale' || narrowed === 'gone' ? narrowed : 'unrecorded';
    }
  }
  let isStale = false;
  const after = await sessions.update(found.id, (live) => {
    isStale = !isDeepStrictEqual(live.identity, found.identity);
    return isStale ? live : { ...live, identity };
  });
  if (isStale && after) {
    if (widens) events.notWidened(after, change);
    return 'stale';
  }
  if (!after) return 'gone';
  if (change === undefined) return 'unchanged';
  if (!widens) events.refreshed(after, change);
  return 'written';
}
