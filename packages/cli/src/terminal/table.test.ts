import { describe, expect, it } from '@jest/globals';
import { createRig } from '../testing/rig.ts';
import type { OutputFormat } from './output.ts';
import { type Column, writeList } from './table.ts';

type Row = { id: string; what: string };
const columns: Column<Row>[] = [
  { name: 'ID', cell: ({ id }) => id },
  { name: 'STATE', cell: () => 'open', tone: () => 'good' },
  { name: 'WHAT', cell: ({ what }) => what, shrinks: true },
  { name: 'MORE', cell: () => 'x', wide: true },
];
const rows: Row[] = [
  { id: 'a1', what: 'short' },
  { id: 'b2', what: `${'long '.repeat(12)}\u001b[2J` },
];

async function shown(
  output: OutputFormat,
  {
    isTTY = false,
    width = 40,
    headers = true,
    found = rows,
    shownColumns = columns,
    env = { NO_COLOR: '1' } as Record<string, string>,
  } = {},
) {
  const rig = createRig();
  rig.remove();
  const kept = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({ isTTY, columns: width, write: (text: string) => void (kept[name] += text) });
  const environment = { ...rig.environment, env, stdout: sink('out'), stderr: sink('err') };
  const list = {
    rows: found,
    columns: shownColumns,
    name: ({ id }: Row) => id,
    data: { rows: found },
    none: 'There is none.\n',
  };
  await writeList(environment, list, { output, headers });
  return kept;
}

describe('a list', () => {
  it('is complete where it does not go to a terminal', async () => {
    const { out } = await shown('text');
    expect(out).toBe(`ID  STATE  WHAT\na1  open   short\nb2  open   ${'long '.repeat(12)}\\x1b[2J\n`);
  });

  it('fits the terminal by cutting only the columns that may be cut', async () => {
    const lines = (await shown('text', { isTTY: true })).out.split('\n');
    expect(lines[2]).toBe('b2  open   long long long long long lon…');
    expect(lines[2]).toHaveLength(40);
    expect((await shown('text', { isTTY: true, width: 5 })).out).toContain('b2  open   long lon…\n');
    expect((await shown('text', { isTTY: true, width: 0 })).out).toContain('[2J');
    expect((await shown('wide', { isTTY: true })).out).toMatch(/^ID {2}STATE {2}WHAT +MORE\n.*\n.*\[2J {2}x\n$/);
  });

  it('cuts a column where its texts differ least, and last of all what tells its rows apart', async () => {
    const apart: Column<Row>[] = [
      { name: 'ID', cell: ({ id }) => id, shrinks: ['end', 'middle', 'start'] },
      { name: 'WHAT', cell: ({ what }) => what, shrinks: ['middle', 'start', 'end'] },
    ];
    const cut = async (width: number, ...pairs: [id: string, what: string][]) => {
      const found = pairs.map(([id, what]) => ({ id, what }));
      return (await shown('text', { isTTY: true, width, found, shownColumns: apart })).out
        .trimEnd()
        .split('\n')
        .slice(1);
    };
    const long = (last: string) => `production/pods/payments-7d9f8b6c5-${last}`;
    expect(await cut(34, ['alice@example.com', long('x2x4z')], ['bob@example.com', long('q8w7e')])).toEqual([
      'alice@example.c…  produ…b6c5-x2x4z',
      'bob@example.com   produ…b6c5-q8w7e',
    ]);
    expect(await cut(30, ['svc-of-the-team-a', long('a')], ['svc-of-the-team-b', long('b')])).toEqual([
      'svc-…he-team-a  prod…9f8b6c5-a',
      'svc-…he-team-b  prod…9f8b6c5-b',
    ]);
    expect(await cut(24, ['a', 'first-of-many-similar-names'], ['b', 'other-of-many-similar-names'])).toEqual([
      'a   first-…similar-names',
      'b   other-…similar-names',
    ]);
  });

  it('has the same text with colors', async () => {
    const colored = (await shown('text', { isTTY: true, env: {} })).out;
    expect(colored).toContain('\u001b[32mopen\u001b[0m   short\n');
    // eslint-disable-next-line no-control-regex
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe((await shown('text', { isTTY: true })).out);
  });

  it('leaves out its heading, or prints only what other commands accept', async () => {
    expect((await shown('text', { headers: false, found: [rows[0]!] })).out).toBe('a1  open  short\n');
    expect((await shown('name')).out).toBe('a1\nb2\n');
  });

  it('is data as JSON and YAML', async () => {
    expect(JSON.parse((await shown('json')).out)).toEqual({ rows });
    expect((await shown('yaml', { found: [rows[0]!] })).out).toBe('rows:\n  - id: a1\n    what: short\n');
  });

  it('says on standard error that it is empty', async () => {
    expect(await shown('text', { found: [] })).toEqual({ out: '', err: 'There is none.\n' });
    expect(await shown('name', { found: [] })).toEqual({ out: '', err: '' });
    expect(await shown('json', { found: [] })).toEqual({ out: '{\n  "rows": []\n}\n', err: '' });
  });
});
