import { hash } from 'node:crypto';
import type { RedisConnection } from '@sallyport/stores';
import type { DirectoryEntry, EntryKind } from './directory-store.ts';

const digest = (text: string) => hash('sha256', text, 'base64url');
/** Returns the end of an index member: the id that it points at. */
export const afterZero = (member: string) => member.slice(member.lastIndexOf('\0') + 1);

/** Puts the version in front, where scripts can read it without parsing the rest. */
export const toText = (entry: DirectoryEntry) => `${entry.version}\n${JSON.stringify(entry)}`;
export const fromText = (text: string | null | undefined) =>
  text == null ? undefined : (JSON.parse(text.slice(text.indexOf('\n') + 1)) as DirectoryEntry);

/** Returns the names of a source's keys. The hash tag in braces keeps all of them in one slot. */
export function redisKeysOf(prefix: string, source: string) {
  const base = `${prefix}:{directory.${digest(source)}}`;
  const kind = (name: EntryKind) => ({
    entries: `${base}:${name}`,
    order: `${base}:${name}:order`,
    index: `${base}:${name}:index`,
  });
  return {
    people: kind('people'),
    groups: kind('groups'),
    gone: `${base}:gone`,
    touched: `${base}:touched`,
    members: `${base}:members`,
    counts: `${base}:counts`,
    reading: `${base}:reading`,
    links: (key: string) => `${base}:links:${digest(key)}`,
  };
}

export type RedisDirectoryParts = {
  redis: RedisConnection;
  now: () => number;
  keys(source: string): ReturnType<typeof redisKeysOf>;
};
