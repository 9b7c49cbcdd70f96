import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** What attack-environment.mjs knows of this run. */
type AttackTable = { rows: Map<string, { files: Set<string> }>; titles: Map<string, { attack: string; test: string }> };
type Row = { row: string; attack: string; files: string[]; elsewhere: string[]; later: boolean };

const root = new URL('../../../', import.meta.url);

/**
 * The rows of docs/security.md: the files of this directory that a row names, and places elsewhere in the repository.
 */
function documented(): Row[] {
  const text = readFileSync(new URL('docs/security.md', root), 'utf8');
  return [...text.matchAll(/^\| ([AS]\d\d) \| (.*?) \| (.*) \|$/gm)].map(([, row, attack, tested]) => {
    const names = [...tested!.matchAll(/`([^` ]+\.ts|[^` ]+\/)`/g)].map(([, name]) => name!);
    return {
      row: row!,
      attack: attack!.replaceAll('`', ''),
      files: names.filter((name) => /^[as]\d\d-/.test(name)),
      elsewhere: names.filter((name) => name.includes('/')),
      later: tested!.startsWith('comes with '),
    };
  });
}

const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_none, index) => `${letter}${String(index + 1).padStart(2, '0')}`);

/** Holds what docs/security.md says of the attacks to what this run tests. */
export function compareTable(): void {
  describe('the table of attacks in docs/security.md', () => {
    it('has every row, each once and in order', () => {
      const rows = documented();
      const { titles } = (globalThis as unknown as { attackTable: AttackTable }).attackTable;
      for (const { row, attack, files, elsewhere, later } of rows)
        titles.set(row, {
          attack,
          test: (files.length > 0 ? files : later ? ['comes with its feature'] : elsewhere.slice(0, 1)).join(', '),
        });
      const own = rows.filter(({ row }) => row.startsWith('S'));
      expect(rows.map(({ row }) => row)).toEqual([...numbered('A', 47), ...numbered('S', own.length)]);
      expect(own.length).toBeGreaterThanOrEqual(10);
    });

    it('names for each row exactly the files that have its tests', () => {
      const { rows } = (globalThis as unknown as { attackTable: AttackTable }).attackTable;
      const tested = [...rows].map(([row, { files }]) => `${row} ${[...files].toSorted().join(' ')}`).toSorted();
      expect(
        documented()
          .filter(({ files }) => files.length > 0)
          .map(({ row, files }) => `${row} ${files.toSorted().join(' ')}`)
          .toSorted(),
      ).toEqual(tested);
    });

    it('has no row without a test but those of features to come', () => {
      expect(
        documented().filter(({ files, elsewhere, later }) => files.length + elsewhere.length === 0 && !later),
      ).toEqual([]);
      expect(
        documented()
          .filter(({ later }) => later)
          .map(({ row }) => row),
      ).toEqual(['A10', 'A39']);
    });

    it('names nothing that is not there', () => {
      expect(
        documented()
          .flatMap(({ elsewhere }) => elsewhere)
          .filter((name) => !existsSync(new URL(name, root))),
      ).toEqual([]);
    });
  });
}
