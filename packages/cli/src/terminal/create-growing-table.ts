import type { Environment } from '../environment/environment.ts';
import { fitColumns } from './fit-columns.ts';
import type { OutputFormat } from './output.ts';
import { createPaint } from './paint.ts';
import { renderRow } from './render-row.ts';
import { cellsOf, headingOf, type Column } from './render-table.ts';

/** A column with the width that its cells usually need. One of the columns gets the rest of the terminal. */
export type GrowingColumn<Row> = Column<Row> & { width: number; grows?: true };

type GrowingTable<Row> = { heading(): string; line(row: Row): string };

/**
 * Creates a table whose rows are not known in advance, so that its columns have fixed widths. On a terminal, every row
 * fits its width, also after the window changes its size.
 */
export function createGrowingTable<Row>(
  environment: Environment,
  all: readonly GrowingColumn<Row>[],
  output: OutputFormat,
): GrowingTable<Row> {
  const columns = all.filter(({ wide }) => wide !== true || output === 'wide');
  const paint = createPaint(environment);
  const { stdout } = environment;
  const fits = () => stdout.isTTY && output !== 'wide' && (stdout.columns ?? 0) > 0;
  const widths = () => {
    const usual = columns.map(({ width }) => width);
    if (!fits()) return usual;
    const rest = stdout.columns! - usual.reduce((sum, width) => sum + width + 2, -2);
    const grown = columns.map(({ width, grows }) => (grows === true && rest > 0 ? width + rest : width));
    return fitColumns(grown, (index) => columns[index]!.shrinks === true, stdout.columns);
  };
  const cuts = (index: number) => fits() && columns[index]!.shrinks === true;
  return {
    heading: () => renderRow(headingOf(columns), widths(), { paint, cuts }),
    line: (row) => renderRow(cellsOf(columns, row), widths(), { paint, cuts }),
  };
}
