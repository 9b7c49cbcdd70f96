import { describe, expect, it } from '@jest/globals';
import { describeEntries } from './directory-entries.suite.ts';
import { describeMemberships } from './directory-memberships.suite.ts';
import { createDirectoryBed, source, type DirectoryBackend } from './directory-store-bed.ts';
import { describeTouches } from './directory-touches.suite.ts';

/** Registers the rules that every directory store follows. `open` is called before each test. */
export function describeDirectoryStore(backend: string, open: () => Promise<DirectoryBackend>): void {
  describe(`a directory on ${backend}`, () => {
    const bed = createDirectoryBed(open);
    describeEntries(bed);
    describeMemberships(bed);
    describeTouches(bed);

    it('stores the last sync of a source', async () => {
      expect(await bed.store.lastSync(source)).toBeUndefined();
      await bed.store.recordSync(source, { at: bed.clock.now, people: 3, groups: 1 });
      expect(await bed.replica.lastSync(source)).toEqual({ at: bed.clock.now, people: 3, groups: 1 });
      expect(await bed.replica.lastSync('other')).toBeUndefined();
    });
  });
}
