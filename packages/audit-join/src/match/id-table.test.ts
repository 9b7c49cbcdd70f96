import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createIdTable } from './id-table.ts';

describe('the table of audit IDs', () => {
  it('behaves like a map, whatever the ids are', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uuid(), fc.string({ maxLength: 64 })), { maxLength: 2000 }), (ids) => {
        const [table, map] = [createIdTable(new Uint32Array(4)), new Map<string, number>()];
        for (const id of ids) {
          expect(table.rowOf(id)).toBe(map.get(id) ?? -1);
          if (!map.has(id)) map.set(id, table.add(id));
        }
        for (const [id, row] of map) expect(table.rowOf(id)).toBe(row);
        expect(table.size).toBe(map.size);
      }),
      { numRuns: 30 },
    );
  });

  it('returns a UUID as it was', () => {
    const table = createIdTable();
    const id = '0f4c2d1e-0000-4abc-8def-000000000001';
    expect(table.idOf(table.add(id))).toBe(id);
  });
});
