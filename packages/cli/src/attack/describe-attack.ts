import { forTerminal } from '../terminal/for-terminal.ts';
import { table } from '../terminal/table.ts';
import type { AttackResult, RowResult } from './run-attack.ts';

const attempts = (count: number) => `${count} ${count === 1 ? 'attempt' : 'attempts'}`;
const words = { held: 'held', hole: 'HOLE', unjudged: 'could not judge' } as const;

function summary({ result, probes }: RowResult): string {
  const holes = probes.filter((one) => one.result === 'hole').length;
  if (result === 'hole') return `${holes} of ${attempts(probes.length)}`;
  if (result === 'unjudged') return probes[0]?.seen ?? '';
  const open = probes.filter((one) => one.result === 'unjudged').length;
  return `${attempts(probes.length - open)}${open > 0 ? `, ${open} could not be judged` : ''}`;
}

/** Describes the result: one line per row, then the evidence for every hole. */
export function describeAttack(target: string, { user, rows }: AttackResult): string {
  const holes = rows.flatMap(({ row, probes }) =>
    probes.filter(({ result }) => result === 'hole').map((one) => ({ row, ...one })),
  );
  const lines = holes.map(
    ({ row, what, seen }) =>
      `  ${row}  ${forTerminal(what.length > 100 ? `${what.slice(0, 100)}...` : what)}: ${forTerminal(seen)}\n`,
  );
  const end =
    holes.length === 0
      ? `${target} withstood every attack that could be judged from outside.\n`
      : `\nHoles in ${target}:\n${lines.join('')}`;
  return `Attacked as ${forTerminal(user.username)}.\n\n${table(
    ['ROW', 'ATTACK', 'RESULT', 'SEEN'],
    rows.map((one) => [one.row, one.attack, words[one.result], summary(one)]),
  )}\n${end}`;
}
