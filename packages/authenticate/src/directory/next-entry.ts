import type { DirectoryEntry } from '@sallyport/directory';

/** What a source says of a person or a group. */
export type EntryContent = Pick<DirectoryEntry, 'id' | 'keys' | 'active' | 'body'>;

/** An entry as it is written: the first of its kind, or the next version of the one before. */
export function nextEntry(
  content: EntryContent,
  { before, now }: { before?: DirectoryEntry | undefined; now: number },
): DirectoryEntry {
  return { ...content, version: (before?.version ?? 0) + 1, createdAt: before?.createdAt ?? now, changedAt: now };
}
