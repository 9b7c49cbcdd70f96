import { describe, expect, it } from '@jest/globals';
import { findTrailFiles, nameTrailFile } from './trail-files.ts';

describe('the names of the files of a trail', () => {
  it('sort in the order in which they were written, also after the clock went back', () => {
    const written = [
      nameTrailFile(9, '2026-12-02'),
      nameTrailFile(10, '2026-12-01'),
      nameTrailFile(100, '2026-12-02'),
      nameTrailFile(123_456_789, '1970-01-01'),
    ];
    const names = written.map(({ name }) => name);
    expect(findTrailFiles(names.toReversed())).toEqual(written);
    expect(names.slice(0, 3).toSorted()).toEqual(names.slice(0, 3));
  });

  it('are told from those of other files', () => {
    expect(
      findTrailFiles(['lock', 'consumers', 'trail.ndjson', '1-2026-12-01.ndjson', '00000001-2026-12-01.ndjson.gz']),
    ).toEqual([]);
  });
});
