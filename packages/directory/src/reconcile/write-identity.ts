import { isDeepStrictEqual } from 'node:util';
import type { Identity, Session } from '@sallyport/contracts';
import type { SessionStore } from '@sallyport/stores';
import { describeChange } from '../claims/describe-change.ts';
import type { SessionEvents } from '../events/session-events.ts';

export type WriteIdentityDeps = {
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
