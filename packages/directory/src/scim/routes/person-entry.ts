import type { DirectoryEntry } from '../../store/directory-store.ts';
import { keyOf } from '../../groups/keys.ts';
import type { Document } from '../resource/document.ts';

/** What a person is found by: the name that nobody else may have, what the client calls them, their addresses. */
export function keysOfPerson(document: Document): string[] {
  const { externalId, emails } = document as { externalId?: string; emails?: { value: string }[] };
  return [
    ...new Set([
      keyOf.name(document['userName'] as string),
      ...(externalId === undefined ? [] : [keyOf.id(externalId)]),
      ...(emails ?? []).map(({ value }) => keyOf.email(value)),
    ]),
  ];
}

/** Makes an entry of what is known of a person, or the next version of one. */
export function personEntry(
  document: Document,
  about: { id: string; now: number; before?: DirectoryEntry },
): DirectoryEntry {
  const { active, ...rest } = document;
  const { id, now, before } = about;
  // Of whom it is not said any more that they are active, they are not: nobody is let in by what is missing.
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

/** What is known of a person, as operations change it. */
export function documentOf({ body, active }: DirectoryEntry): Document {
  const { active: removed, ...rest } = body;
  return removed === null ? rest : { ...rest, active };
}
