import { keyOf } from '../../groups/keys.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import type { Document } from '../resource/document.ts';

/** Returns the keys by which a user is found: the unique user name, the external id and the e-mail addresses. */
function keysOfPerson(document: Document): string[] {
  const { externalId, emails } = document as { externalId?: string; emails?: { value: string }[] };
  return [
    ...new Set([
      keyOf.name(document['userName'] as string),
      ...(externalId === undefined ? [] : [keyOf.id(externalId)]),
      ...(emails ?? []).map(({ value }) => keyOf.email(value)),
    ]),
  ];
}

/** Creates the entry of a user, or its next version. */
export function personEntry(
  document: Document,
  about: { id: string; now: number; before?: DirectoryEntry },
): DirectoryEntry {
  const { active, ...rest } = document;
  const { id, now, before } = about;
  // A user whose `active` was removed is inactive: a missing value must not grant access.
  const body = active === undefined ? { ...rest, active: null } : rest;
  return {
    id,
    keys: keysOfPerson(document),
    active: active === true,
    body,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    changedAt: now,
  };
}

/** Returns the document of a user, which operations change. */
export function documentOf({ body, active }: DirectoryEntry): Document {
  const { active: removed, ...rest } = body;
  return removed === null ? rest : { ...rest, active };
}
