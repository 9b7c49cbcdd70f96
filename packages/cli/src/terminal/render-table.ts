import type { Environment } from '../environment/environment.ts';
import { fitColumns } from './fit-columns.ts';
import { forTerminal } from './for-terminal.ts';
import type { OutputFormat } from './output.ts';
import { createPaint, type Tone } from './paint.ts';
import { renderRow, type Cell } from './render-row.ts';

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

/** Returns the cells of a row, safe for a terminal. */
export function cellsOf<Row>(columns: readonly Column<Row>[], row: Row): Cell[] {
  return columns.map(({ cell, tone }) => ({ text: forTerminal(cell(row)), tone: tone?.(row) }));
}

/** Returns the cells of the heading. */
export function headingOf<Row>(columns: readonly Column<Row>[]): Cell[] {
  return columns.map(({ name }) => ({ text: name, tone: undefined }));
}

/** Renders rows as a table. On a terminal, it is colored and fits its width, unless all of it was asked for. */
export function renderTable<Row>(
  environment: Environment,
  list: { rows: readonly Row[]; columns: readonly Column<Row>[] },
  { output, headers }: ListOptions,
): string {
  const columns = list.columns.filter(({ wide }) => wide !== true || output === 'wide');
  const rows = list.rows.map((row) => cellsOf(columns, row));
  const all = [...(headers ? [headingOf(columns)] : []), ...rows];
  const { isTTY, columns: available } = environment.stdout;
  const widths = fitColumns(
    columns.map((_column, index) => Math.max(...all.map((row) => row[index]!.text.length))),
    (index) => columns[index]!.shrinks === true,
    isTTY && output !== 'wide' ? available : undefined,
  );
  const paint = createPaint(environment);
  return all.map((row) => renderRow(row, widths, { paint, cuts: () => true })).join('');
}
