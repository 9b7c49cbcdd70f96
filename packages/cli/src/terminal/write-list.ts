import type { Environment } from '../environment/environment.ts';
import { forTerminal } from './for-terminal.ts';
import { render } from './output.ts';
import { renderTable, type Column, type ListOptions } from './render-table.ts';

type List<Row> = {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** Returns what other commands accept for a row, for `-o name`. */
  name?(row: Row): string;
  /** The complete result, for `-o json` and `-o yaml`. */
  data: unknown;
  /** What to say instead of an empty table. */
  none: string;
};

/** Writes a list in the given format. That it is empty is said on standard error, as by kubectl. */
export async function writeList<Row>(environment: Environment, list: List<Row>, options: ListOptions): Promise<void> {
  const { rows, data, name, none } = list;
  environment.stdout.write(
    await render(options.output, data, () => {
      if (options.output === 'name') return rows.map((row) => `${forTerminal(name?.(row) ?? '')}\n`).join('');
      return rows.length === 0 ? '' : renderTable(environment, list, options);
    }),
  );
  if (rows.length === 0 && (options.output === 'text' || options.output === 'wide')) environment.stderr.write(none);
}
