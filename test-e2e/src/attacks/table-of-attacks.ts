import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** What attack-environment.mjs knows of this run. */
type AttackTable = { rows: Map<string, { files: Set<string> }>; titles: Map<string, { attack: string; test: string }> };
type Row = { row: string; attack: string; files: string[]; elsewhere: string[]; later: boolean };

const rowOfClusters = /^\| ([ACPS]\d\d) \| (.*?) \| (.*) \|$/gm;
const rowOfWeb = /^\| (W\d\d) \| (.*?) \| (.*) \|$/gm;
const root = new URL('../../../', import.meta.url);

/** The runs of attacks. Each has the rows whose files it imports. */
const runs = ['attacks.e2e.ts', 'http2-attacks.e2e.ts', 'login-attacks.e2e.ts', 'web-attacks.e2e.ts'] as const;
type Run = (typeof runs)[number];

/** Where the attacks are. The other files of this directory start the services and run them. */
const isAttack = /^(?:clusters|http2|logins|web)\//;

/** Returns the files of attacks that a run imports. */
function filesOf(run: Run): Set<string> {
  const text = readFileSync(new URL(run, import.meta.url), 'utf8');
  const imported = [...text.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name!);
  return new Set(imported.filter((name) => isAttack.test(name)));
}

/**
 * The rows of docs/security.md: the files of this directory that a row names, and places elsewhere in the repository.
 * Those of web applications have a table of their own, as they have a run of their own.
 */
function documented(web: boolean): Row[] {
  const text = readFileSync(new URL('docs/security.md', root), 'utf8');
  return [...text.matchAll(web ? rowOfWeb : rowOfClusters)].map(([, row, attack, tested]) => {
    const names = [...tested!.matchAll(/`([^` ]+\.ts|[^` ]+\/)`/g)].map(([, name]) => name!);
    return {
      row: row!,
      attack: attack!.replaceAll('`', ''),
      files: names.filter((name) => isAttack.test(name)),
      elsewhere: names.filter((name) => name.includes('/') && !isAttack.test(name)),
      later: tested!.startsWith('comes with '),
    };
  });
}

const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_none, index) => `${letter}${String(index + 1).padStart(2, '0')}`);

/** The rows of the catalogue that can be tried on web applications. */
const ofWeb = [1, 3, 4, 13, 15, 16, 18, 19, 23, 25, 26, 27, 29, 30, 43, 45, 50, 51, 52, 53, 54];

function expectComplete(rows: readonly Row[], web: boolean): void {
  const names = rows.map(({ row }) => row);
  if (web) return expect(names).toEqual(ofWeb.map((number) => `W${String(number).padStart(2, '0')}`));
  const own = names.filter((row) => row.startsWith('S'));
  expect(names).toEqual([...numbered('A', 47), ...numbered('S', own.length), ...numbered('C', 4), ...numbered('P', 5)]);
  expect(own.length).toBeGreaterThanOrEqual(10);
}

/** Holds what docs/security.md says of the attacks of a run, on clusters or on web applications, to what it tests. */
export function compareTable(run: Run): void {
  const web = run === 'web-attacks.e2e.ts';
  const own = filesOf(run);
  /** Reports whether a row is one of this run. Those that are tested elsewhere are printed by the first run. */
  const isOwn = ({ files }: Row) =>
    files.length === 0 ? run === 'attacks.e2e.ts' || web : files.some((file) => own.has(file));
  describe('the table of attacks in docs/security.md', () => {
    it('has every row, each once and in order', () => {
      const rows = documented(web);
      const { titles } = (globalThis as unknown as { attackTable: AttackTable }).attackTable;
      for (const { row, attack, files, elsewhere, later } of rows.filter(isOwn))
        titles.set(row, {
          attack,
          test: (files.length > 0 ? files : later ? ['comes with its feature'] : elsewhere.slice(0, 1)).join(', '),
        });
      expectComplete(rows, web);
    });

    it('names for each row exactly the files that have its tests', () => {
      const { rows } = (globalThis as unknown as { attackTable: AttackTable }).attackTable;
      const tested = [...rows].map(([row, { files }]) => `${row} ${[...files].toSorted().join(' ')}`).toSorted();
      expect(
        documented(web)
          .map(({ row, files }) => ({ row, files: files.filter((file) => own.has(file)) }))
          .filter(({ files }) => files.length > 0)
          .map(({ row, files }) => `${row} ${files.toSorted().join(' ')}`)
          .toSorted(),
      ).toEqual(tested);
    });

    it('names only files that a run imports', () => {
      const imported = new Set(runs.flatMap((one) => [...filesOf(one)]));
      const named = documented(web).flatMap(({ files }) => files);
      expect(named.filter((file) => !imported.has(file))).toEqual([]);
    });

    it('has no row without a test but those of features to come', () => {
      const rows = documented(web);
      expect(rows.filter(({ files, elsewhere, later }) => files.length + elsewhere.length === 0 && !later)).toEqual([]);
      expect(rows.filter(({ later }) => later).map(({ row }) => row)).toEqual(web ? [] : ['A10']);
    });

    it('names nothing that is not there', () => {
      expect(
        documented(web)
          .flatMap(({ elsewhere }) => elsewhere)
          .filter((name) => !existsSync(new URL(name, root))),
      ).toEqual([]);
    });
  });
}
