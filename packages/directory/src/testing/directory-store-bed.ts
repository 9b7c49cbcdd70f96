import { beforeEach, expect } from '@jest/globals';
import type { DirectoryEntry, DirectoryStore, EntryKind, WriteAbout } from '../store/directory-store.ts';

/** What a backend provides: an empty store, a replica of it, and the clock of both. */
export type DirectoryBackend = { store: DirectoryStore; replica: DirectoryStore; clock: { now: number } };

/** The source that the suites write to. */
export const source = 'push';

let made = 0;

/** Opens a backend before each test, and creates entries in it. */
export function createDirectoryBed(open: () => Promise<DirectoryBackend>) {
  const bed = {} as DirectoryBackend;
  beforeEach(async () => {
    Object.assign(bed, await open());
  });
  const entry = (changes: Partial<DirectoryEntry> = {}): DirectoryEntry => {
    const id = changes.id ?? `id-${String(++made).padStart(6, '0')}`;
    return {
      id,
      keys: [`name:${id}`],
      active: true,
      body: { userName: id },
      version: 1,
      createdAt: bed.clock.now,
      changedAt: bed.clock.now,
      ...changes,
    };
  };
  const add = async (kind: EntryKind, changes: Partial<DirectoryEntry> = {}, about: Partial<WriteAbout> = {}) => {
    const one = entry(changes);
    expect(await bed.store.put(source, kind, one, { expected: undefined, ...about })).toBe('written');
    return one;
  };
  const take = (from = bed.store, limit = 100) => from.takeTouched(source, limit, 30_000);
  return Object.assign(bed, {
    entry,
    add,
    person: (changes?: Partial<DirectoryEntry>) => add('people', changes),
    group: (changes?: Partial<DirectoryEntry>) => add('groups', changes),
    take,
    takeKeys: async () => (await take()).map(({ key }) => key),
  });
}
export type DirectoryBed = ReturnType<typeof createDirectoryBed>;
