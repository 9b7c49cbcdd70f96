import type { AttackResult, RowResult } from '@sallyport/attack';
import { forTerminal } from '../terminal/for-terminal.ts';
import { renderTable, type Column } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';

const attempts = (count: number) => `${count} ${count === 1 ? 'attempt' : 'attempts'}`;
const words = { held: 'held', hole: 'HOLE', inconclusive: 'inconclusive' } as const;
const tones = { held: 'good', hole: 'bad', inconclusive: 'warning' } as const;

function summary({ result, probes }: RowResult): string {
  const holes = probes.filter((one) => one.result === 'hole').length;
  if (result === 'hole') return `${holes} of ${attempts(probes.length)}`;
  if (result === 'inconclusive') return probes[0]?.seen ?? '';
  const open = probes.filter((one) => one.result === 'inconclusive').length;
  return `${attempts(probes.length - open)}${open > 0 ? `, ${open} inconclusive` : ''}`;
}

const columns: Column<RowResult>[] = [
  { name: 'ROW', cell: ({ row }) => row },
  { name: 'ATTACK', cell: ({ attack }) => attack, shrinks: true },
  { name: 'RESULT', cell: ({ result }) => words[result], tone: ({ result }) => tones[result] },
  { name: 'SEEN', cell: summary, shrinks: true },
];

/** Describes the result: one line per row, then the evidence for every hole. */
export function describeAttack(environment: Environment, target: string, { user, rows }: AttackResult): string {
  const holes = rows.flatMap(({ row, probes }) =>
    probes.filter(({ result }) => result === 'hole').map((one) => ({ row, ...one })),
  );
  const lines = holes.map(
    ({ row, what, seen }) =>
      `  ${row}  ${forTerminal(what.length > 100 ? `${what.slice(0, 100)}...` : what)}: ${forTerminal(seen)}\n`,
  );
  const end =
    holes.length === 0
      ? `${target} withstood every attack whose result shows from outside.\n`
      : `\nHoles in ${target}:\n${lines.join('')}`;
  return `Attacked as ${forTerminal(user.username)}.\n\n${renderTable(environment, { rows, columns }, { output: 'text', headers: true })}\n${end}`;
}
