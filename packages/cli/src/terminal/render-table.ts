import type { Environment } from '../environment/environment.ts';
import { cutText, fitColumns } from './fit-columns.ts';
import { forTerminal } from './for-terminal.ts';
import type { OutputFormat } from './output.ts';
import { createPaint, type Tone } from './paint.ts';

/** A column of a table. */
export type Column<Row> = {
  name: string;
  cell(row: Row): string;
  /** The color of the cell, which repeats what the text says. */
  tone?(row: Row): Tone | undefined;
  /** Only shown with `-o wide`. */
  wide?: true;
  /** May be cut on a narrow terminal. */
  shrinks?: true;
};

export type ListOptions = { output: OutputFormat; headers: boolean };

/** Renders rows as a table. On a terminal, it is colored and fits its width, unless all of it was asked for. */
export function renderTable<Row>(
  environment: Environment,
  list: { rows: readonly Row[]; columns: readonly Column<Row>[] },
  { output, headers }: ListOptions,
): string {
  const columns = list.columns.filter(({ wide }) => wide !== true || output === 'wide');
  const rows = list.rows.map((row) =>
    columns.map(({ cell, tone }) => ({ text: forTerminal(cell(row)), tone: tone?.(row) })),
  );
  const heading = headers ? [columns.map(({ name }) => ({ text: name, tone: undefined }))] : [];
  const all = [...heading, ...rows];
  const { isTTY, columns: available } = environment.stdout;
  const widths = fitColumns(
    columns.map((_column, index) => Math.max(...all.map((row) => row[index]!.text.length))),
    (index) => columns[index]!.shrinks === true,
    isTTY && output !== 'wide' ? available : undefined,
  );
  const paint = createPaint(environment);
  const line = (row: (typeof all)[number]) => {
    const last = row.findLastIndex(({ text }) => text !== '');
    return row
      .slice(0, last + 1)
      .map(({ text, tone }, index) => {
        const shown = cutText(text, widths[index]!);
        return paint(shown, tone) + (index === last ? '' : ' '.repeat(widths[index]! - shown.length));
      })
      .join('  ');
  };
  return all.map((row) => `${line(row)}\n`).join('');
}
