import { forTerminal } from './for-terminal.ts';

/** Formats rows as columns under a heading, and makes the cells safe for a terminal. Ends with a newline. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows.map((row) => row.map((cell) => forTerminal(cell)))];
  const widths = heading.map((_name, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
